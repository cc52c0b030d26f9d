// future.c - a callback, wrapped into a future: one result, and whoever wants
// it may ask before it is there or after. Time is virtual: this takes none.

#include "clock.h"
#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

struct waiter {
    struct loop_call call;
    struct waiter *behind;
    const char *name;
};

struct future {
    const char *result; // NULL: not there yet
    struct waiter *first; // of those who wait for it
};

static struct future future;

static void hear(void *arg)
{
    struct waiter *w = arg;
    printf("%.1f s  %s hears: %s\n", clock_now(), w->name, future.result);
}

// Whenever it is called, hear() is called later, from the loop. If it were
// called at once when the result is there already, every caller would have to
// be ready for both.
static void ask(void *arg)
{
    struct waiter *w = arg;
    struct waiter **last = &future.first;

    printf("%.1f s  %s asks\n", clock_now(), w->name);
    if (future.result != NULL) {
        loop_soon(&w->call, hear, w);
        return;
    }
    while (*last != NULL)
        last = &(*last)->behind;
    *last = w;
}

// Waking only queues: the waiters run when whoever sets the result is done.
static void set(const char *result)
{
    future.result = result;
    for (struct waiter *w = future.first; w != NULL; w = w->behind)
        loop_soon(&w->call, hear, w);
    future.first = NULL;
}

// The callback that is wrapped.
static void answer(void *unused)
{
    (void)unused;
    printf("%.1f s  the cow answers\n", clock_now());
    set("Moo!");
    printf("%.1f s  the future is set, and nobody has run yet\n", clock_now());
}

int main(void)
{
    static struct waiter ann = { .name = "Ann" };
    static struct waiter bob = { .name = "Bob" };
    static struct waiter late = { .name = "Late Luke" };
    static struct loop_call cow;

    setenv("CLOCK", "virtual", 1);
    if (loop_init(NULL) != 0)
        return 1;
    loop_after(&cow, 1.5, answer, NULL);
    ask(&ann);
    ask(&bob);
    loop_after(&late.call, 2, ask, &late);
    int error = loop_run();
    loop_free();
    return error != 0;
}
