// selector.c - a table of reader and writer for each descriptor, in front of a
// backend. Each entry has a tag, which changes when a descriptor is closed, and
// each event carries the tag of its registration: so an event for an earlier
// descriptor with the same number is recognised.

#include "selector.h"

#include "clock.h"
#include "sanitizers.h"
#include "selector_backend.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct watch {
    void *reader; // data waiting until the descriptor is readable; NULL: none
    void *writer;
    int interest; // directions registered with the kernel
    unsigned tag; // number of calls of selector_forget() for the descriptor
    unsigned forgotten_in; // round of the last selector_forget()
};

struct selector {
    const struct selector_backend *backend;
    void *self; // the backend's state
    struct watch *watches; // indexed by descriptor
    int max_fds;
    int highest; // the highest descriptor ever watched
    unsigned round; // number of calls of selector_wait()
    bool has_stale_watch; // see register_again()
    // The ready descriptor last taken from the backend:
    int fd;
    int ready; // directions not yet handed out
    unsigned tag;
};

// With AddressSanitizer, every selector_set() makes a system call, to detect a
// descriptor that was closed without selector_forget().
#ifdef ASAN
enum { ABORT_IF_STALE = 1 };
#else
enum { ABORT_IF_STALE = 0 };
#endif

static const struct selector_backend *const backends[] = {
#ifdef __linux__
    &selector_epoll,
#endif
    &selector_poll,
};

// --- Making one --------------------------------------------------------------

static const struct selector_backend *find_backend(const char *kind)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
        if (kind == NULL || strcmp(kind, backends[i]->name) == 0)
            return backends[i];
    }
    return NULL;
}

enum { MOST_FDS = 1000000 };

static int descriptor_limit(void)
{
    long limit = sysconf(_SC_OPEN_MAX);

    return limit > 0 && limit < MOST_FDS ? (int)limit : MOST_FDS;
}

struct selector *selector_new(const char *kind, int max_fds)
{
    struct selector *selector = calloc(1, sizeof(*selector));

    if (selector == NULL)
        return NULL;
    if (max_fds == 0)
        max_fds = descriptor_limit();
    selector->backend = find_backend(kind);
    if (selector->backend == NULL) {
        errno = EINVAL;
        goto free_selector;
    }
    // calloc() of a large table takes memory only for the pages that are used:
    // up to the highest descriptor.
    selector->watches = calloc((size_t)max_fds, sizeof(*selector->watches));
    if (selector->watches == NULL)
        goto free_selector;
    selector->max_fds = max_fds;
    int error = selector->backend->open(&selector->self, max_fds);
    if (error != 0) {
        errno = -error;
        goto free_watches;
    }
    return selector;

free_watches:
    free(selector->watches);
free_selector:
    free(selector);
    return NULL;
}

void selector_free(struct selector *selector)
{
    if (selector == NULL)
        return;
    selector->backend->close(selector->self);
    free(selector->watches);
    free(selector);
}

// --- The table ---------------------------------------------------------------

// The waiter in one direction, after `data` starts waiting (`wanted`) or stops.
static void *new_waiter(int fd, void *waiter, bool wanted, void *data)
{
    if (!wanted)
        return waiter == data ? NULL : waiter;
    if (waiter != NULL && waiter != data) {
        // With a second waiter, the first would never be woken.
        fprintf(stderr,
            "selector: two waiters for descriptor %d in one direction\n", fd);
        abort();
    }
    return data;
}

// Registers `fd` with the kernel for `interest`. If the kernel no longer knows
// the descriptor, it was closed without selector_forget(): register it again.
static int register_with_kernel(
    struct selector *selector, int fd, const struct watch *watch, int interest)
{
    int error = selector->backend->set(
        selector->self, fd, watch->interest, interest, watch->tag);

    if (error != -ENOENT && error != -EBADF)
        return error;
    if (ABORT_IF_STALE) {
        fprintf(stderr,
            "selector: descriptor %d was closed without being forgotten\n",
            fd);
        abort();
    }
    if (interest == 0) {
        selector->has_stale_watch = true; // the old file may still be reported
        return 0;
    }
    return selector->backend->set(selector->self, fd, 0, interest, watch->tag);
}

int selector_set(struct selector *selector, int fd, int interest, void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return -EMFILE;
    struct watch *watch = &selector->watches[fd];
    void *reader = new_waiter(fd, watch->reader, interest & SELECT_READ, data);
    void *writer = new_waiter(fd, watch->writer, interest & SELECT_WRITE, data);
    int wanted = (reader != NULL ? SELECT_READ : 0)
        | (writer != NULL ? SELECT_WRITE : 0);
    int error = 0;

    if (watch->interest != wanted || (ABORT_IF_STALE && wanted != 0))
        error = register_with_kernel(selector, fd, watch, wanted);
    if (error != 0)
        return error;
    watch->reader = reader;
    watch->writer = writer;
    watch->interest = wanted;
    if (fd > selector->highest)
        selector->highest = fd;
    return 0;
}

void selector_leave(struct selector *selector, int fd, void *data)
{
    struct watch *watch = &selector->watches[fd];

    watch->reader = new_waiter(fd, watch->reader, false, data);
    watch->writer = new_waiter(fd, watch->writer, false, data);
}

void *selector_other(const struct selector *selector, int fd, const void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return NULL;
    const struct watch *watch = &selector->watches[fd];
    if (watch->reader != NULL && watch->reader != data)
        return watch->reader;
    return watch->writer != data ? watch->writer : NULL;
}

void selector_forget(struct selector *selector, int fd, const void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return; // cannot have been watched
    struct watch *watch = &selector->watches[fd];
    if (selector_other(selector, fd, data) != NULL) {
        // The other waiter would never be woken.
        fprintf(stderr,
            "selector: another waiter needs descriptor %d, which is "
            "about to be closed\n",
            fd);
        abort();
    }
    if (watch->interest != 0)
        selector->backend->forget(selector->self, fd);
    *watch = (struct watch){
        .tag = watch->tag + 1,
        .forgotten_in = selector->round,
    };
}

// --- Waiting -----------------------------------------------------------------

// Makes a new backend set and registers all descriptors again. Needed if a
// closed descriptor is still being reported: epoll watches open files, and the
// file is still open under another descriptor, made by dup() or inherited by a
// child. The closed descriptor can no longer be removed from the old set.
static int register_again(struct selector *selector)
{
    if (selector->backend->reset(selector->self) != 0)
        return 0; // no free descriptor now: try again in the next round
    selector->has_stale_watch = false;
    for (int fd = 0; fd <= selector->highest; fd++) {
        struct watch *watch = &selector->watches[fd];
        if (watch->interest == 0)
            continue;
        int error = selector->backend->set(
            selector->self, fd, 0, watch->interest, watch->tag);
        if (error != 0 && error != -EBADF)
            return error;
    }
    return 0;
}

int selector_wait(struct selector *selector, double deadline)
{
    int error = selector->has_stale_watch ? register_again(selector) : 0;

    selector->ready = 0;
    selector->round++;
    if (error == 0)
        error =
            selector->backend->wait(selector->self, clock_ms_until(deadline));
    trace(TRACE_TURN, -1, 0);
    // EAGAIN: poll() had no memory (POSIX), and may have some in the next
    // round.
    return error == -EINTR || error == -EAGAIN ? 0 : error;
}

// Takes the next ready descriptor from the backend, skipping events of closed
// descriptors.
static bool next_ready(struct selector *selector)
{
    while (selector->backend->next(
        selector->self, &selector->fd, &selector->ready, &selector->tag)) {
        const struct watch *watch = &selector->watches[selector->fd];
        if (watch->tag == selector->tag)
            return true;
        // The event is stale. If the descriptor was forgotten in this round,
        // that is normal. If earlier, the event would come again in every
        // round.
        if (watch->forgotten_in != selector->round)
            selector->has_stale_watch = true;
    }
    selector->ready = 0;
    return false;
}

bool selector_next(struct selector *selector, struct selector_event *event)
{
    while (selector->ready != 0 || next_ready(selector)) {
        const struct watch *watch = &selector->watches[selector->fd];
        int ready = selector->ready & watch->interest;
        selector->ready = 0;
        if (watch->tag != selector->tag || ready == 0)
            continue; // an earlier event of this round has ended the wait
        if (watch->reader != watch->writer && (ready & SELECT_READ)) {
            selector->ready = ready & SELECT_WRITE; // for the next event
            ready = SELECT_READ;
        }
        void *data = ready & SELECT_READ ? watch->reader : watch->writer;
        *event = (struct selector_event){ selector->fd, ready, data };
        return true;
    }
    return false;
}
