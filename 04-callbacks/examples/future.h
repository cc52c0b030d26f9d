// future.h - a result or an error that may not exist yet. Callbacks may ask
// before the future is set or after, and are called by the loop.

#ifndef FUTURE_H
#define FUTURE_H

#include "list.h"
#include "loop.h"

struct future { // zeroed at first
    const char *result; // NULL: not set, or an error
    const char *error;
    struct list waiters;
};

struct waiter {
    struct list_link link; // in future->waiters
    struct loop_call call;
    struct future *future;
    loop_fn *on_set; // called with the waiter
};

// on_set() is always called later, by the loop. If future_ask() called it
// directly when the future is set already, on_set() would run before
// future_ask() returns in some cases, and after it in others.
static inline void future_ask(struct waiter *w)
{
    if (w->future->result != NULL || w->future->error != NULL)
        loop_soon(&w->call, w->on_set, w);
    else
        list_append(&w->future->waiters, &w->link);
}

// Only puts the waiters into the loop's queue, to be called later.
static inline void future_set(
    struct future *future, const char *result, const char *error)
{
    struct waiter *w;

    future->result = result;
    future->error = error;
    while ((w = LIST_FIRST(&future->waiters, struct waiter, link)) != NULL) {
        list_remove(&future->waiters, &w->link);
        loop_soon(&w->call, w->on_set, w);
    }
}

#endif
