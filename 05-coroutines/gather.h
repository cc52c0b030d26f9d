// gather.h - several tasks, and one future for all of them.
//
//     struct task *tasks[] = { &cow, &pig };
//     AWAIT_TO(n, co, gather(&g, tasks, 2));   // all of the tasks
//     AWAIT_TO(n, co, first_of(&g, tasks, 2)); // the first success
//
// The future is set when all tasks have ended: no task outlives its gather.

#ifndef GATHER_H
#define GATHER_H

#include "task.h"

struct gather {
    struct future end; // to be awaited
    struct task **tasks;
    int n;
    int count; // tasks that have not ended
    bool race; // decided by the first success, not by the first failure
    bool decided; // the result is final, and all tasks are cancelled
    int result;
};

// For n tasks that have been started; *gather and *tasks stay in memory until
// the future is set. Its result is 0, or the first error, which cancels the
// others.
struct future *gather(struct gather *gather, struct task **tasks, int n);

// The same, but the first result that is 0 or more cancels the others and
// becomes the result. If no task succeeds, the result is the first error.
struct future *first_of(struct gather *gather, struct task **tasks, int n);

// Cancels the tasks that have not ended. The result is -ECANCELED, unless it
// has been decided before. For the cleanup of a task that awaits the gather.
void gather_cancel(struct gather *gather);

#endif
