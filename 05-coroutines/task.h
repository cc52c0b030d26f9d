// task.h - futures, and tasks: coroutines that wait for futures, on the loop.
//
//     AWAIT(co, future);        // stops until somebody has set it
//     AWAIT_TO(n, co, future);  // and this is its result
//
// A task is woken by being queued for the loop's next turn, never by being run
// from inside whoever wakes it.
//
// Cancelling closes the coroutine where it waits: in the next turn its cleanup
// runs, and the task's result is -ECANCELED.

#ifndef TASK_H
#define TASK_H

#include "coroutine.h"
#include "loop.h"

#include <stdint.h>

// One result, many waiters. Zeroed at first.
struct future {
    bool done;
    int result; // 0 or more, or a negative error
    struct task *first; // of those who wait for it
    struct task *last;
};

struct task {
    struct coroutine *co;
    const char *name; // borrowed
    struct future end; // done when the coroutine has returned: its result
    struct future own; // of a descriptor or a pause
    struct loop_watch watch;
    struct loop_call call; // its next turn, or the end of its patience
    struct future *awaits; // NULL: it is running or queued
    struct task *next; // awaits the same
    struct task *previous;
    void (*on_end)(void *arg, int result); // called at its end; or NULL
    void *on_end_arg;
    int result; // of what it awaited
    int number; // in the trace
    int locks; // that it holds
    bool cancelled;
    bool joined; // somebody has awaited its end
};

#define AWAIT(co, future) CO_YIELD(co, (trace_await_here(), (future)))
#define AWAITED(co) ((int)(intptr_t)CO_VALUE(co))
#define AWAIT_TO(n, co, future) \
    do { \
        AWAIT(co, future); \
        (n) = AWAITED(co); \
    } while (0)
#define TASK_END(co, n) CO_END(co, (void *)(intptr_t)(n))

// Starts `co` and runs it from the next turn on. Both stay where they are until
// the task has ended.
void task_start(
    struct task *task, struct coroutine *co, co_body *body, const char *name);
void task_cancel(struct task *task);

// A task's end, to be awaited. Failures that nobody awaits are reported by
// task_ended(), which says whether the task has ended.
struct future *task_join(struct task *task);
bool task_ended(const struct task *task);

// Notes for the report: how often tasks were resumed, and how large one is.
void task_facts(size_t bytes);

// For the task that runs: until `fd` is ready; -ETIMEDOUT if `deadline` comes
// first, or has come. Until so many seconds are over, or Ctrl-C.
struct future *task_on_fd(int fd, int interest, double deadline);
struct future *task_pause(double seconds);

// close(fd), when this task no longer waits for it. Aborts, and names both, if
// another task does. A negative `fd` is none.
void task_close(int fd);

// Sets the result, once, and wakes all that wait.
void future_set(struct future *future, int result);

// Wakes those that wait, and leaves the future as it is: a condition.
void future_wake(struct future *future, int result);

// One at a time; the task that asks first gets it first. Giving back what the
// running task does not have does nothing, so a cleanup need not know. A task
// that ends with a lock is named, and the program is aborted.
struct lock {
    struct task *holder;
    struct future queue;
};

struct future *lock_take(struct lock *lock);
void lock_give(struct lock *lock);

#endif
