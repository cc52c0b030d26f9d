// timers.c - an intrusive pairing heap and a queue (drawn in timers.h), both
// linked in the same way, so that timer_cancel() works for either.

#include "timers.h"

#include "clock.h"

#include <assert.h>
#include <stddef.h>

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

// Joins two heaps: the later root becomes the first child of the earlier root.
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (is_before(b, a)) {
        struct timer *later = a;
        a = b;
        b = later;
    }
    b->previous = a;
    b->next = a->child;
    if (b->next != NULL)
        b->next->previous = b;
    a->child = b;
    return a;
}

// Joins a list of siblings into a heap: first in pairs from left to right, then
// all pairs from right to left. This order makes the amortised cost
// logarithmic.
static struct timer *meld_siblings(struct timer *list)
{
    struct timer *pairs = NULL;
    struct timer *heap = NULL;

    while (list != NULL) {
        struct timer *a = list;
        struct timer *b = a->next;
        list = b != NULL ? b->next : NULL;
        a->next = NULL;
        if (b != NULL)
            b->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        struct timer *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        heap = meld(heap, pair);
    }
    return heap;
}

void timer_arm(struct timers *timers, struct timer *timer, double at)
{
    timer_cancel(timers, timer);
    *timer = (struct timer){ .at = at, .order = ++timers->armed };
    timers->root = meld(timers->root, timer);
}

void timer_append(struct timers *timers, struct timer *timer, double at)
{
    timer_cancel(timers, timer);
    struct timer *last = timers->last;
    assert(last == NULL || last->at <= at);
    *timer = (struct timer){ .at = at, .order = ++timers->armed };
    timer->previous = last != NULL ? last : &timers->queue;
    *(last != NULL ? &last->next : &timers->queue.child) = timer;
    timers->last = timer;
}

// Removes a timer from the heap or the queue: a timer in the queue is removed
// like a timer in the heap that has no children.
void timer_cancel(struct timers *timers, struct timer *timer)
{
    if (timer->order == 0)
        return;
    if (timer == timers->last)
        timers->last =
            timer->previous != &timers->queue ? timer->previous : NULL;
    struct timer *rest = meld_siblings(timer->child);
    if (timer == timers->root) {
        timers->root = rest;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next != NULL)
            timer->next->previous = timer->previous;
        timers->root = meld(timers->root, rest);
    }
    if (timers->root != NULL)
        timers->root->next = timers->root->previous = NULL;
    timer->child = timer->next = timer->previous = NULL;
    timer->order = 0;
}

struct timer *timers_first(const struct timers *timers)
{
    struct timer *a = timers->root;
    struct timer *b = timers->queue.child;

    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    return is_before(a, b) ? a : b;
}

double timers_next(const struct timers *timers)
{
    const struct timer *timer = timers_first(timers);

    return timer != NULL ? timer->at : CLOCK_NEVER;
}

struct timer *timers_due(struct timers *timers, double now)
{
    struct timer *timer = timers_first(timers);

    if (timer == NULL || timer->at > now)
        return NULL;
    timer_cancel(timers, timer);
    return timer;
}
