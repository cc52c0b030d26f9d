// selector.c - the table of what is watched, in front of a backend.

#include "selector.h"

#include "clock.h"
#include "selector_backend.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watch {
    void *data;
    int interest;
    unsigned tag; // which life of this descriptor number an event belongs to
};

struct selector {
    const struct selector_backend *backend;
    void *self; // the backend's
    struct watch *watches; // by descriptor
    int max_fds;
};

static const struct selector_backend *const backends[] = {
#ifdef __linux__
    &selector_epoll,
#endif
    &selector_poll,
};

static const struct selector_backend *find_backend(const char *kind)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
        if (kind == NULL || strcmp(kind, backends[i]->name) == 0)
            return backends[i];
    }
    return NULL;
}

struct selector *selector_new(const char *kind, int max_fds)
{
    struct selector *selector = calloc(1, sizeof(*selector));

    if (selector == NULL)
        return NULL;
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

int selector_set(struct selector *selector, int fd, int interest, void *data)
{
    if (fd < 0 || fd >= selector->max_fds)
        return -EMFILE;
    struct watch *watch = &selector->watches[fd];
    // Else who waits now would never hear of it. A descriptor that was closed
    // without selector_forget() looks like that when its number comes again.
    bool is_free = watch->data == NULL || data == NULL;
    assert((is_free || watch->data == data) && "two wait for one descriptor");
    if (watch->interest != interest) {
        int error = selector->backend->set(
            selector->self, fd, watch->interest, interest, watch->tag);
        if (error != 0)
            return error;
    }
    watch->interest = interest;
    watch->data = data;
    return 0;
}

void selector_forget(struct selector *selector, int fd)
{
    if (fd < 0 || fd >= selector->max_fds)
        return; // it was never watched
    struct watch *watch = &selector->watches[fd];
    if (watch->interest != 0)
        selector->backend->forget(selector->self, fd);
    *watch = (struct watch){ .tag = watch->tag + 1 };
}

int selector_wait(struct selector *selector, double deadline)
{
    int error =
        selector->backend->wait(selector->self, clock_ms_until(deadline));

    // poll() may say EAGAIN (POSIX): it had no memory, and has some next time.
    return error == -EINTR || error == -EAGAIN ? 0 : error;
}

bool selector_next(struct selector *selector, struct selector_event *event)
{
    int fd;
    int ready;
    unsigned tag;

    while (selector->backend->next(selector->self, &fd, &ready, &tag)) {
        const struct watch *watch = &selector->watches[fd];
        ready &= watch->interest;
        if (watch->tag != tag || ready == 0)
            continue; // an earlier event of this round changed its mind
        *event = (struct selector_event){ fd, ready, watch->data };
        return true;
    }
    return false;
}
