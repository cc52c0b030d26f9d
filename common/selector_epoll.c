// selector_epoll.c - epoll (Linux): the kernel keeps the set of descriptors,
// and each round fetches up to 256 events.

#include "selector_backend.h"

#ifdef __linux__

#include "selector.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct epoll {
    int fd;
    int count; // of events in this round
    int taken; // events already returned by epoll_next()
    struct epoll_event events[256];
};

static int epoll_open(void **self, int max_fds)
{
    struct epoll *epoll = malloc(sizeof(*epoll));

    (void)max_fds;
    if (epoll == NULL)
        return -ENOMEM;
    epoll->count = epoll->taken = 0;
    epoll->fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll->fd == -1) {
        int error = -errno; // free() may change errno
        free(epoll);
        return error;
    }
    *self = epoll;
    return 0;
}

// Keeps the events of this round.
static int epoll_reset(void *self)
{
    struct epoll *epoll = self;
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd == -1)
        return -errno;
    close(epoll->fd);
    epoll->fd = fd;
    return 0;
}

static int epoll_set(void *self, int fd, int old, int interest, unsigned tag)
{
    struct epoll *epoll = self;
    struct epoll_event event = { 0 };
    int operation = EPOLL_CTL_MOD;

    if (interest == 0)
        operation = EPOLL_CTL_DEL;
    else if (old == 0)
        operation = EPOLL_CTL_ADD;
    if (interest & SELECT_READ)
        event.events |= EPOLLIN;
    if (interest & SELECT_WRITE)
        event.events |= EPOLLOUT;
    event.data.u64 = (uint64_t)tag << 32 | (uint32_t)fd;
    return epoll_ctl(epoll->fd, operation, fd, &event) == -1 ? -errno : 0;
}

static void epoll_forget(void *self, int fd)
{
    (void)self;
    (void)fd; // close() ends the registration
}

static int epoll_wait_ms(void *self, int timeout_ms)
{
    struct epoll *epoll = self;

    epoll->taken = 0;
    epoll->count = epoll_wait(epoll->fd, epoll->events,
        (int)(sizeof(epoll->events) / sizeof(*epoll->events)), timeout_ms);
    if (epoll->count >= 0)
        return 0;
    epoll->count = 0;
    return -errno;
}

static bool epoll_next(void *self, int *fd, int *ready, unsigned *tag)
{
    struct epoll *epoll = self;

    if (epoll->taken == epoll->count)
        return false;
    const struct epoll_event *event = &epoll->events[epoll->taken++];
    *fd = (int)(uint32_t)event->data.u64;
    *tag = (unsigned)(event->data.u64 >> 32);
    // Errors and hang-ups count for both directions.
    *ready = 0;
    if (event->events & ~(uint32_t)EPOLLOUT)
        *ready |= SELECT_READ;
    if (event->events & ~(uint32_t)EPOLLIN)
        *ready |= SELECT_WRITE;
    return true;
}

static void epoll_close(void *self)
{
    struct epoll *epoll = self;

    close(epoll->fd);
    free(epoll);
}

const struct selector_backend selector_epoll = {
    .name = "epoll",
    .open = epoll_open,
    .set = epoll_set,
    .reset = epoll_reset,
    .forget = epoll_forget,
    .wait = epoll_wait_ms,
    .next = epoll_next,
    .close = epoll_close,
};

#else
typedef int selector_epoll_is_for_linux; // ISO C forbids an empty file
#endif
