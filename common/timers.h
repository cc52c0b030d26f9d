// timers.h - deadlines in order. Arming one cannot fail: the timer is a part
// of whatever waits, so there is nothing to allocate.
//
//     struct fetch { ...; struct timer timer; };
//
//     timer_arm(&timers, &f->timer, clock_now() + 10);
//     ...
//     timer_cancel(&timers, &f->timer); // fine too if it is not armed
//
// Timers of the same moment come out in the order in which they were armed.
// What is due at once, as most of what an event loop does, need not be sorted:
// timer_append() puts it in a queue beside the heap.
//
// A pairing heap (Fredman, Sedgewick, Sleator and Tarjan, "The pairing heap",
// Algorithmica 1, 1986): arming costs O(1), taking out the first O(log n)
// amortised. Deadlines that are nearly always cancelled, and armed in nearly
// the order in which they are due, cost next to nothing.

#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
    double at;
    uint64_t order; // breaks ties; 0: not armed
    struct timer *child; // the first of those that are due later
    struct timer *next; // sibling
    struct timer *previous; // sibling, or the parent of the first child
};

struct timers {
    struct timer *root; // of the heap: due before all others in it
    struct timer queue; // its children: those appended, the first one first
    struct timer *last; // the last one appended
    uint64_t armed; // how many ever, for `order`
};

// A zeroed struct timers is empty and a zeroed struct timer is not armed.

// Arms `timer` for the moment `at`, again if it is armed already. It must stay
// where it is in memory until it has fired or been cancelled.
void timer_arm(struct timers *timers, struct timer *timer, double at);

// The same for the queue: `at` is not before that of the last one appended.
// Taking it out costs O(1), too.
void timer_append(struct timers *timers, struct timer *timer, double at);

void timer_cancel(struct timers *timers, struct timer *timer);

static inline bool timer_is_armed(const struct timer *timer)
{
    return timer->order != 0;
}

// The timer that is due before all others, or NULL.
struct timer *timers_first(const struct timers *timers);

// The moment the first timer is due, or CLOCK_NEVER if none is armed.
double timers_next(const struct timers *timers);

// Takes out and returns the first timer that is due at `now`, or NULL.
struct timer *timers_due(struct timers *timers, double now);

#endif
