// timers.h - timers, sorted by deadline. Arming a timer allocates nothing and
// so cannot fail: the struct is a member of the object that waits.
//
//     struct fetch { ...; struct timer timer; };
//
//     timer_arm(&timers, &f->timer, clock_now() + 10);
//     ...
//     timer_cancel(&timers, &f->timer); // does nothing if not armed
//
// Timers for the same moment fire in the order in which they were armed. Two
// structures hold the armed timers:
//
//     root --> [1.0]                        a pairing heap: a parent is due
//                |                          before its children; siblings are
//              [1.5] <-> [2.0] <-> [1.2]    in no order
//                          |
//                        [2.5]
//
//     queue -> [0.9] <-> [0.9] <-> [1.0] <- last    in order
//
// timer_arm() puts a timer into the heap (Fredman, Sedgewick, Sleator and
// Tarjan, "The pairing heap", Algorithmica 1, 1986). Arming costs O(1),
// removing the first timer O(log n) amortised. Timers that are armed in nearly
// the order of their deadlines and nearly always cancelled, as in a network
// client, cost next to nothing.
//
// timer_append() puts a timer at the end of the queue, in O(1). An event loop
// uses the queue for calls that are due at once and so need no sorting.

#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
    double at;
    uint64_t order; // breaks ties; 0: not armed
    struct timer *child; // the first of the children
    struct timer *next; // the next sibling
    struct timer *previous; // the previous sibling; for the first, the parent
};

struct timers {
    struct timer *root; // of the heap: the earliest timer in the heap
    struct timer queue; // never armed; its children are the queue
    struct timer *last; // the end of the queue; NULL: empty
    uint64_t armed; // number of timers armed so far, for `order`
};

// A zeroed struct timers is empty and a zeroed struct timer is not armed.

// Arms `timer` for the moment `at`; re-arms a timer that is armed already. A
// timer must not move in memory while armed.
void timer_arm(struct timers *timers, struct timer *timer, double at);

// As timer_arm(), but uses the queue: `at` must not be earlier than that of the
// last timer appended.
void timer_append(struct timers *timers, struct timer *timer, double at);

void timer_cancel(struct timers *timers, struct timer *timer);

static inline bool timer_is_armed(const struct timer *timer)
{
    return timer->order != 0;
}

// The earliest armed timer, or NULL.
struct timer *timers_first(const struct timers *timers);

// The deadline of the earliest armed timer, or CLOCK_NEVER if none is armed.
double timers_next(const struct timers *timers);

// Removes and returns the earliest timer if due at `now`; otherwise returns
// NULL.
struct timer *timers_due(struct timers *timers, double now);

#endif
