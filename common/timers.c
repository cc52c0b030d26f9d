// timers.c - an intrusive pairing heap.
//
//     first -> [1.0]
//                |child
//              [1.5] <-> [2.0] <-> [1.2]      (siblings, in no order)
//                          |
//                        [2.5]                (due later than its parent)

#include "timers.h"

#include "clock.h"

#include <stddef.h>

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

// Makes one heap of two: the later root becomes the earlier one's first child.
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

// Makes one heap of a list of siblings: melds them in pairs from left to
// right, then the pairs from right to left. It is this order that makes the
// cost logarithmic.
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
    timers->first = meld(timers->first, timer);
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
    if (timer->order == 0)
        return;
    struct timer *rest = meld_siblings(timer->child);
    if (timer == timers->first) {
        timers->first = rest;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next != NULL)
            timer->next->previous = timer->previous;
        timers->first = meld(timers->first, rest);
    }
    if (timers->first != NULL)
        timers->first->next = timers->first->previous = NULL;
    timer->child = timer->next = timer->previous = NULL;
    timer->order = 0;
}

double timers_next(const struct timers *timers)
{
    return timers->first != NULL ? timers->first->at : CLOCK_NEVER;
}

struct timer *timers_due(struct timers *timers, double now)
{
    struct timer *timer = timers->first;

    if (timer == NULL || timer->at > now)
        return NULL;
    timer_cancel(timers, timer);
    return timer;
}
