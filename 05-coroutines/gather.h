// gather.h - several tasks, and one future for all of them.
//
//     struct task *tasks[] = { &cow, &pig };
//     AWAIT_TO(n, co, gather(&g, tasks, 2));   // both
//     AWAIT_TO(n, co, first_of(&g, tasks, 2)); // one of them
//
// Neither is done before all of the tasks have ended: none outlives its gather.

#ifndef GATHER_H
#define GATHER_H

#include "task.h"

struct gather {
    struct future end; // what is awaited
    struct task **tasks;
    int n;
    int count; // of tasks that have not ended
    bool race; // the first success decides, not the first failure
    bool decided; // its result; the rest has been cancelled
    int result;
};

// Done when n tasks have ended: 0, or the first error, which cancels the rest.
// The tasks have been started; *gather and *tasks stay until it is done.
struct future *gather(struct gather *gather, struct task **tasks, int n);

// The same, but the first that is 0 or more cancels the rest and is the result;
// if there is none, the first error is.
struct future *first_of(struct gather *gather, struct task **tasks, int n);

// Cancels the tasks that have not ended; the result is -ECANCELED, unless it
// was decided before. For the cleanup of a task that awaits the gather.
void gather_cancel(struct gather *gather);

#endif
