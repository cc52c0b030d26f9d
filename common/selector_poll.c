// selector_poll.c - poll() (POSIX): we keep an array of descriptors and pass
// the whole array to the kernel in each round. A round therefore costs
// O(watched), even if few descriptors are ready.
//
//     polls    [fd 5][fd 9][fd 7]      the array for poll(), without gaps
//     tags     [  0 ][  2 ][  0 ]      the tag of each entry
//     places   5 -> 0, 7 -> 2, 9 -> 1  from a descriptor to its entry

#include "selector.h"
#include "selector_backend.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct poller {
    struct pollfd *polls;
    unsigned *tags;
    int *places;
    int count; // of entries in polls and tags
    int unread; // ready entries not yet returned in this round
    int next; // the first entry not yet examined in this round
};

static void poll_close(void *self)
{
    struct poller *poller = self;

    free(poller->polls);
    free(poller->tags);
    free(poller->places);
    free(poller);
}

static int poll_open(void **self, int max_fds)
{
    struct poller *poller = calloc(1, sizeof(*poller));
    size_t n = (size_t)max_fds;

    if (poller == NULL)
        return -ENOMEM;
    poller->polls = calloc(n, sizeof(*poller->polls));
    poller->tags = calloc(n, sizeof(*poller->tags));
    poller->places = calloc(n, sizeof(*poller->places));
    if (!poller->polls || !poller->tags || !poller->places) {
        poll_close(poller);
        return -ENOMEM;
    }
    *self = poller;
    return 0;
}

static int poll_reset(void *self)
{
    struct poller *poller = self;

    poller->count = 0;
    return 0;
}

// Fills the gap with the last entry. In the middle of a round, this may move a
// ready entry to a place already examined: the next round reports the entry.
static void poll_forget(void *self, int fd)
{
    struct poller *poller = self;
    int place = poller->places[fd];
    int last = --poller->count;

    poller->polls[place] = poller->polls[last];
    poller->tags[place] = poller->tags[last];
    poller->places[poller->polls[place].fd] = place;
}

static int poll_set(void *self, int fd, int old, int interest, unsigned tag)
{
    struct poller *poller = self;

    if (interest == 0) {
        poll_forget(self, fd);
        return 0;
    }
    if (old == 0) {
        poller->places[fd] = poller->count;
        poller->polls[poller->count] = (struct pollfd){ .fd = fd };
        poller->tags[poller->count] = tag;
        poller->count++;
    }
    struct pollfd *entry = &poller->polls[poller->places[fd]];
    entry->events = 0;
    if (interest & SELECT_READ)
        entry->events |= POLLIN;
    if (interest & SELECT_WRITE)
        entry->events |= POLLOUT;
    return 0;
}

static int poll_wait_ms(void *self, int timeout_ms)
{
    struct poller *poller = self;

    poller->next = 0;
    poller->unread = poll(poller->polls, (nfds_t)poller->count, timeout_ms);
    if (poller->unread >= 0)
        return 0;
    poller->unread = 0;
    return -errno;
}

static bool poll_next(void *self, int *fd, int *ready, unsigned *tag)
{
    struct poller *poller = self;

    while (poller->unread > 0 && poller->next < poller->count) {
        struct pollfd *entry = &poller->polls[poller->next];
        *tag = poller->tags[poller->next++];
        int events = entry->revents;
        if (events == 0)
            continue;
        poller->unread--;
        *fd = entry->fd;
        // Errors and hang-ups count for both directions.
        *ready = 0;
        if (events & ~POLLOUT)
            *ready |= SELECT_READ;
        if (events & ~POLLIN)
            *ready |= SELECT_WRITE;
        return true;
    }
    return false;
}

const struct selector_backend selector_poll = {
    .name = "poll",
    .open = poll_open,
    .set = poll_set,
    .reset = poll_reset,
    .forget = poll_forget,
    .wait = poll_wait_ms,
    .next = poll_next,
    .close = poll_close,
};
