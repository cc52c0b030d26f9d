// selector.c - the table of what is watched, in front of a backend.

#include "selector.h"

#include "clock.h"
#include "selector_backend.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct watch {
    void *reader; // the data that waits until it is readable; NULL: none
    void *writer;
    int interest; // the kernel watches for
    unsigned tag; // which life of this descriptor number an event belongs to
    unsigned forgotten; // in which round
};

struct selector {
    const struct selector_backend *backend;
    void *self; // the backend's
    struct watch *watches; // by descriptor
    int max_fds;
    int highest; // descriptor that was ever watched
    unsigned round; // how often we have waited
    bool is_haunted; // by a descriptor that was closed: see watch_anew()
    int fd; // of the event that is being handed out
    int ready; // what is left of it
    unsigned tag;
};

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
    // Zeroed pages that are never touched cost no memory: a table for a
    // million descriptors is as large as the highest one used.
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

// Which data waits in one direction after `data` has asked for it (`wanted`) or
// has given it up.
static void *owner(int fd, void *now, bool wanted, void *data)
{
    if (!wanted)
        return now == data ? NULL : now;
    if (now != NULL && now != data) {
        // The earlier one would never be woken.
        fprintf(stderr,
            "selector: two wait for descriptor %d in one direction\n", fd);
        abort();
    }
    return data;
}

// The kernel no longer knows a descriptor that was closed and opened anew
// without selector_forget(). That is a mistake, of which builds for tests are
// told.
static int tell_kernel(
    struct selector *selector, int fd, const struct watch *watch, int interest)
{
    int error = selector->backend->set(
        selector->self, fd, watch->interest, interest, watch->tag);

    if (error != -ENOENT && error != -EBADF)
        return error;
#ifdef ASAN
    fprintf(stderr,
        "selector: descriptor %d was closed without being forgotten\n", fd);
    abort();
#endif
    if (interest == 0) {
        selector->is_haunted = true; // by what is left of it
        return 0;
    }
    return selector->backend->set(selector->self, fd, 0, interest, watch->tag);
}

int selector_set(struct selector *selector, int fd, int interest, void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return -EMFILE;
    struct watch *watch = &selector->watches[fd];
    void *reader = owner(fd, watch->reader, interest & SELECT_READ, data);
    void *writer = owner(fd, watch->writer, interest & SELECT_WRITE, data);
    int wanted = (reader != NULL ? SELECT_READ : 0)
        | (writer != NULL ? SELECT_WRITE : 0);
    int error = 0;

    if (watch->interest != wanted)
        error = tell_kernel(selector, fd, watch, wanted);
#ifdef ASAN
    else if (wanted != 0) // nothing is new, but is it still the same?
        error = tell_kernel(selector, fd, watch, wanted);
#endif
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

    watch->reader = owner(fd, watch->reader, false, data);
    watch->writer = owner(fd, watch->writer, false, data);
}

void *selector_other(const struct selector *selector, int fd, const void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return NULL;
    const struct watch *watch = &selector->watches[fd];
    return watch->reader != NULL && watch->reader != data ? watch->reader
        : watch->writer != data                           ? watch->writer
                                                          : NULL;
}

void selector_forget(struct selector *selector, int fd, const void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return; // it was never watched
    struct watch *watch = &selector->watches[fd];
    if (selector_other(selector, fd, data) != NULL) {
        // The other one would never be woken.
        fprintf(stderr,
            "selector: another waits for descriptor %d, which is "
            "about to be closed\n",
            fd);
        abort();
    }
    if (watch->interest != 0)
        selector->backend->forget(selector->self, fd);
    *watch = (struct watch){
        .tag = watch->tag + 1,
        .forgotten = selector->round,
    };
}

// --- Waiting -----------------------------------------------------------------

// A descriptor that was closed is still reported: another descriptor, made by
// dup() or inherited by a child, is the same open file, and epoll watches
// files. Nothing can take it out any more but a new set.
static int watch_anew(struct selector *selector)
{
    if (selector->backend->renew(selector->self) != 0)
        return 0; // no descriptor is free: the next round tries again
    selector->is_haunted = false;
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
    int error = selector->is_haunted ? watch_anew(selector) : 0;

    selector->ready = 0;
    selector->round++;
    if (error == 0)
        error =
            selector->backend->wait(selector->self, clock_ms_until(deadline));
    trace(TRACE_TURN, -1, 0);
    // poll() may say EAGAIN (POSIX): it had no memory, and has some next time.
    return error == -EINTR || error == -EAGAIN ? 0 : error;
}

// Takes the next descriptor that is ready and that somebody still wants.
static bool next_ready(struct selector *selector)
{
    while (selector->backend->next(
        selector->self, &selector->fd, &selector->ready, &selector->tag)) {
        const struct watch *watch = &selector->watches[selector->fd];
        if (watch->tag == selector->tag)
            return true;
        // An earlier event of this round has forgotten it: that is usual. Of an
        // earlier round: it will come again and again.
        if (watch->forgotten != selector->round)
            selector->is_haunted = true;
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
            continue; // an earlier event of this round changed its mind
        if (watch->reader != watch->writer && (ready & SELECT_READ)) {
            selector->ready = ready & SELECT_WRITE; // an event each
            ready = SELECT_READ;
        }
        void *data = ready & SELECT_READ ? watch->reader : watch->writer;
        *event = (struct selector_event){ selector->fd, ready, data };
        return true;
    }
    return false;
}
