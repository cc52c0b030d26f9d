// future.c - a callback, wrapped into a future: one result, for which others
// may ask before it exists or after. Time is virtual: the program takes none.

#include "clock.h"
#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

struct waiter {
    struct loop_call call;
    struct waiter *next;
    const char *name;
};

struct future {
    const char *result; // NULL: not set
    struct waiter *first_waiter;
};

static struct future future;

static void on_set(void *arg)
{
    struct waiter *w = arg;
    printf("%.1f s  %s hears: %s\n", clock_now(), w->name, future.result);
}

// on_set() is always called later, by the loop. If ask() called it directly
// when the future is set already, on_set() would run before ask() returns in
// some cases, and after it in others.
static void ask(void *arg)
{
    struct waiter *w = arg;
    struct waiter **end = &future.first_waiter;

    printf("%.1f s  %s asks\n", clock_now(), w->name);
    if (future.result != NULL) {
        loop_soon(&w->call, on_set, w);
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = w;
}

// Waking only puts the waiters into the loop's queue: they run later.
static void set(const char *result)
{
    future.result = result;
    for (struct waiter *w = future.first_waiter; w != NULL; w = w->next)
        loop_soon(&w->call, on_set, w);
    future.first_waiter = NULL;
}

// The callback that the future wraps.
static void on_answer(void *unused)
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
    loop_after(&cow, 1.5, on_answer, NULL);
    ask(&ann);
    ask(&bob);
    loop_after(&late.call, 2, ask, &late);
    int error = loop_run();
    loop_free();
    return error != 0;
}
