// gather.h - several tasks, and one future for all of them.
//
//     struct task *tasks[] = { &cow, &pig };
//     AWAIT_TO(n, co, gather(&g, tasks, 2));   // both
//     AWAIT_TO(n, co, first_of(&g, tasks, 2)); // one of them

#ifndef GATHER_H
#define GATHER_H

#include "task.h"

struct gather {
    struct coroutine co; // first: its address is the gather's
    struct task task;
    struct task **tasks;
    int n;
    bool race; // the first success decides, not the first failure
    bool decided; // its result; the rest has been cancelled
    int result;
    struct future changed; // woken when one of the tasks has ended
};

// Done when n tasks have ended: 0, or the first error, which cancels the rest.
// The tasks have been started; *gather and *tasks stay until it is done. To
// cancel all of them: task_cancel(&gather->task).
struct future *gather(struct gather *gather, struct task **tasks, int n);

// The same, but the first that is 0 or more cancels the rest and is the result;
// if there is none, the first error is.
struct future *first_of(struct gather *gather, struct task **tasks, int n);

#endif
