// stack.c - maps stacks in slabs of 64, each stack with a guard page below.

#include "stack.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <sys/uio.h>
#endif

#if defined(__linux__) && !defined(MADV_GUARD_INSTALL)
#define MADV_GUARD_INSTALL 102 // Linux 6.13
#endif

enum { SLAB_STACKS = 64 };

struct slab {
    struct slab *next;
    char *stacks;
    int used; // stacks handed out; the others are untouched
    bool is_guarded; // all of them, at once
};

static struct slab *slabs;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

int stack_kib(void)
{
    int least = (int)(4 * page_size() / 1024);
    return STACK_KIB > least ? STACK_KIB : least;
}

static size_t stack_size(void)
{
    return (size_t)stack_kib() * 1024;
}

static size_t slab_size(void)
{
    return stack_size() * SLAB_STACKS;
}

// Guards all stacks of a slab in one call, which takes half as long as a call
// for each stack. Returns false if the kernel cannot do it.
static bool guard_slab(const struct slab *slab)
{
#if defined(MADV_GUARD_INSTALL) && defined(SYS_process_madvise)
    struct iovec pages[SLAB_STACKS];
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (self == -1)
        return false;
    for (size_t i = 0; i < SLAB_STACKS; i++)
        pages[i] = (struct iovec){ slab->stacks + i * stack_size(),
            page_size() };
    long n = syscall(SYS_process_madvise, self, pages, (size_t)SLAB_STACKS,
        MADV_GUARD_INSTALL, 0u);
    close(self);
    return n == (long)(SLAB_STACKS * page_size());
#else
    (void)slab;
    return false;
#endif
}

static struct slab *slab_new(void)
{
    struct slab *slab = calloc(1, sizeof(*slab));

    if (slab == NULL)
        return NULL;
    slab->stacks = mmap(NULL, slab_size(), PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slab->stacks == MAP_FAILED) {
        free(slab);
        return NULL;
    }
#ifdef MADV_NOHUGEPAGE // touching one page must not cost 2 MiB
    madvise(slab->stacks, slab_size(), MADV_NOHUGEPAGE);
#endif
    slab->is_guarded = guard_slab(slab);
    slab->next = slabs;
    return slabs = slab;
}

// Makes a page inaccessible, with madvise() if the kernel can: mprotect()
// splits the mapping, and Linux's default limit on mappings ends us at some
// 32,000 stacks.
static int guard(char *page)
{
#ifdef MADV_GUARD_INSTALL
    // qemu accepts any advice, and ignores it: try one that does not exist.
    static int advice_works; // 0: not tried yet, -1: no
    if (advice_works == 0)
        advice_works = madvise(page, page_size(), INT_MAX) == -1 ? 1 : -1;
    if (advice_works == 1
        && madvise(page, page_size(), MADV_GUARD_INSTALL) == 0)
        return 0;
#endif
    return mprotect(page, page_size(), PROT_NONE);
}

void *stack_new(size_t header_size, void **stack, size_t *size)
{
    struct slab *slab = slabs;

    if (slab == NULL || slab->used == SLAB_STACKS)
        slab = slab_new();
    if (slab == NULL)
        return NULL;
    char *low = slab->stacks + stack_size() * (size_t)slab->used;
    if (!slab->is_guarded && guard(low) == -1)
        return NULL;
    slab->used++;
    *size = stack_size() - page_size() - (header_size + 63) / 64 * 64;
    *stack = low + page_size();
    return low + page_size() + *size;
}

bool stack_guard_contains(const void *stack, const void *address)
{
    const char *end = stack;
    const char *at = address;

    return at >= end - page_size() && at < end;
}

double stack_touched(void)
{
    size_t bytes = 0;
    int stacks = 0;

#ifdef __linux__
    size_t page = page_size();
    unsigned char *resident = malloc(slab_size() / page);
    const struct slab *slab = resident != NULL ? slabs : NULL;
    for (; slab != NULL; slab = slab->next) {
        size_t size = stack_size() * (size_t)slab->used;
        if (mincore(slab->stacks, size, resident) == -1)
            continue;
        for (size_t i = 0; i < size / page; i++)
            bytes += (resident[i] & 1) * page;
        stacks += slab->used;
    }
    free(resident);
#endif
    return stacks > 0 ? (double)bytes / stacks : 0;
}

void stacks_free(void)
{
    while (slabs != NULL) {
        struct slab *next = slabs->next;
        munmap(slabs->stacks, slab_size());
        free(slabs);
        slabs = next;
    }
}
