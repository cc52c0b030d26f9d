// task.h - futures, and tasks, which drive coroutines on the loop.
//
//     AWAIT(co, future);        // stops until the future is set
//     AWAIT_TO(n, co, future);  // the same; n is then its result
//
// Waking a task only queues it: the loop resumes it in the next turn, never
// from inside another task.
//
// A cancelled task is closed where it waits: in the loop's next turn its
// coroutine continues at `leave`, if it has begun, and the task's result is
// -ECANCELED.

#ifndef TASK_H
#define TASK_H

#include "coroutine.h"
#include "list.h"
#include "loop.h"

#include <stdint.h>

// A result that may not exist yet. Zeroed at first.
struct future {
    bool done;
    int result; // 0 or more, or a negative error
    struct list waiters; // tasks
};

struct task {
    struct coroutine *co;
    const char *name; // borrowed
    struct future end; // set when the coroutine has returned
    struct loop_watch watch;
    struct loop_call call; // resumes the task; ends a wait at its deadline
    struct future *awaits; // NULL: not waiting
    struct list_link waiter_link; // in awaits->waiters
    void (*on_end)(void *arg, int result); // called at the end; or NULL
    void *on_end_arg;
    int result; // of the last wait
    int number; // in the trace
    int locks; // held at the moment
    bool cancelled;
    bool joined; // its result has been asked for
};

#define AWAIT(co, future) CO_YIELD(co, (trace_await_here(), (future)))
// The result of the last AWAIT or CO_FROM.
#define AWAITED(co) ((int)(intptr_t)CO_VALUE(co))
#define AWAIT_TO(n, co, future) \
    do { \
        AWAIT(co, future); \
        (n) = AWAITED(co); \
    } while (0)
#define TASK_END(co, n) CO_END(co, (void *)(intptr_t)(n))

// Starts a coroutine as a task, to be resumed from the next turn on. `frame`
// points to the coroutine's frame; frame and task stay where they are until the
// task has ended.
#define task_start(task, frame, body, name) \
    task_start_coroutine(task, &(frame)->co, sizeof(*(frame)), body, name)
void task_start_coroutine(struct task *task, struct coroutine *co,
    size_t frame_size, co_body *body, const char *name);
void task_cancel(struct task *task);

// The end of a task, to be awaited.
struct future *task_join(struct task *task);

// Has the task ended? Prints a failure for which task_join() was never called.
bool task_ended(const struct task *task);

// To be awaited at once by the running task: the result is 0 when `fd` is
// ready, -ETIMEDOUT when `deadline` has come, or an error of loop_watch_fd().
struct future *task_on_fd(int fd, int interest, double deadline);

// The same: the result is 0, after so many seconds or at Ctrl-C.
struct future *task_pause(double seconds);

// close(fd), for a descriptor that the running task has waited for; a negative
// fd is ignored. If another task waits for it, prints both names and aborts.
void task_close(int fd);

// Sets the result, unless there is one already, and wakes the waiters.
void future_set(struct future *future, int result);

// Wakes the waiters without setting the future. A future that is never set
// serves as a condition variable.
void future_wake(struct future *future, int result);

// A lock, given to waiting tasks in the order in which they asked. A task that
// ends while holding a lock is named, and the program aborts.
struct lock {
    struct task *holder;
    struct future queue;
};

struct future *lock_take(struct lock *lock);
void lock_give(struct lock *lock); // does nothing for a task without the lock

#endif
