// tickers.c - three clocks that tick at regular times, and one slow callback. A
// timer is a minimum: a tick is never early, and late by the duration of the
// callbacks before it.

#include "clock.h"
#include "interrupt.h"
#include "loop.h"

#include <math.h>
#include <stdio.h>

struct ticker {
    struct loop_call call;
    double period; // seconds
    double due;
};

static struct ticker tickers[] = {
    { .period = 0.1 },
    { .period = 0.15 },
    { .period = 0.4 },
};
static struct loop_call slow_call;
static double start;

static void tick(void *arg)
{
    struct ticker *t = arg;
    double late = clock_now() - t->due;
    int dropped = 0;

    // The next tick is due one period after this tick was due, not one period
    // from now, or each delay would shift all later ticks. Ticks whose time has
    // passed are dropped.
    while ((t->due += t->period) < clock_now())
        dropped++;
    printf("%.2f s  every %3.0f ms  %5.1f ms late", clock_now() - start,
        t->period * 1e3, fmax(late, 0) * 1e3);
    printf(dropped > 0 ? ", %d dropped\n" : "\n", dropped);
    if (t->due - start < 1.25)
        loop_at(&t->call, t->due, tick, t);
}

// Nothing else can happen in the meantime: the loop waits for us to return.
static void slow(void *unused)
{
    (void)unused;
    printf("%.2f s  a callback takes 200 ms\n", clock_now() - start);
    interrupt_sleep(200);
}

int main(void)
{
    if (loop_init(NULL) != 0)
        return 1;
    start = clock_now();
    for (size_t i = 0; i < sizeof(tickers) / sizeof(*tickers); i++) {
        tickers[i].due = start + tickers[i].period;
        loop_after(&tickers[i].call, tickers[i].period, tick, &tickers[i]);
    }
    loop_after(&slow_call, 0.42, slow, NULL);
    int error = loop_run();
    loop_free();
    return error != 0;
}
