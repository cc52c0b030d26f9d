// selector_backend.h - the seam between selector.c and its backends.

#ifndef SELECTOR_BACKEND_H
#define SELECTOR_BACKEND_H

#include <stdbool.h>

struct selector_backend {
    const char *name;
    // An int is 0 or a negative errno. `self` belongs to the backend.
    int (*open)(void **self, int max_fds);
    // Watch `fd` for `interest` instead of `old`; either may be 0. `tag` comes
    // back with each event.
    int (*set)(void *self, int fd, int old, int interest, unsigned tag);
    // Watch nothing, as at the beginning.
    int (*renew)(void *self);
    // `fd` is about to be closed.
    void (*forget)(void *self, int fd);
    int (*wait)(void *self, int timeout_ms);
    bool (*next)(void *self, int *fd, int *ready, unsigned *tag);
    void (*close)(void *self);
};

extern const struct selector_backend selector_poll;
extern const struct selector_backend selector_epoll; // Linux only

#endif
