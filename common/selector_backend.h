// selector_backend.h - the interface between selector.c and the backends.

#ifndef SELECTOR_BACKEND_H
#define SELECTOR_BACKEND_H

#include <stdbool.h>

struct selector_backend {
    const char *name;
    // Functions that return int return 0 or a negative errno. `self` is the
    // backend's own state.
    int (*open)(void **self, int max_fds);
    // Watches `fd` for `interest` instead of `old`; either may be 0. `tag` is
    // returned with each event.
    int (*set)(void *self, int fd, int old, int interest, unsigned tag);
    // Stops watching all descriptors.
    int (*reset)(void *self);
    // Stops watching `fd`, which is about to be closed.
    void (*forget)(void *self, int fd);
    int (*wait)(void *self, int timeout_ms);
    bool (*next)(void *self, int *fd, int *ready, unsigned *tag);
    void (*close)(void *self);
};

extern const struct selector_backend selector_poll;
extern const struct selector_backend selector_epoll; // Linux only

#endif
