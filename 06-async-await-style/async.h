// async.h - functions that wait in plain sight, in tasks with a small stack
// each, on the loop.
//
//     async_int greet(void *name) // may wait, as its type says
//     {
//         int error = await(task_pause(1)); // waits here
//         ...
//         return (async_int){ error };
//     }
//
// The colour. The value of an async_int is 0, a count or a descriptor, or a
// negative error. await() is the only way to that value, and compiles only in a
// function that returns async_int itself: no wait hides behind a plain
// function. A forgotten await is an error wherever the value is used, and a
// warning in `f();`. One case stays silent, `return f();`: write return
// (async_int){ await(f()) }; instead.
//
// Groups. A task is started in a group, and the group stays in memory until
// group_wait() has returned; if its owner ends earlier, the program aborts. The
// first task that fails cancels the others, and its error is the group's
// result. A race is decided by its first success instead. Independent tasks do
// not cancel one another; the group's result is the first error all the same.
//
// Cancellation is level-triggered: every later wait of a cancelled task returns
// -ECANCELED at once, until the task ends. When several things happen:
//
//     first                                then
//     the awaited event, before a cancel   the wait's result; -ECANCELED later
//     a cancel, before a satisfied wait    -ECANCELED, and no lock is taken
//     the deadline of a wait               -ETIMEDOUT, from this wait only
//     the deadline of await_within()       -ECANCELED from all waits inside,
//                                          -ETIMEDOUT from await_within()
//     the call returns another value       that value, even if it is late
//     several deadlines                    the nearest; if equal, the outermost
//     await_within()'s, before a cancel    -ETIMEDOUT; -ECANCELED later
//     a cancel, before await_within()'s    -ECANCELED
//     in await_shielded(): a cancel, or    no effect; -ECANCELED from the first
//       a deadline from outside            wait after it
//     in group_wait(): a cancel            its tasks are cancelled, and end; then
//                                          the group's result if it was decided
//                                          before, otherwise -ECANCELED
//
// A wake only queues: no task runs from inside another. A task keeps the thread
// until it awaits; between two awaits no lock is needed.

#ifndef ASYNC_H
#define ASYNC_H

#include "clock.h"
#include "list.h"
#include "loop.h"

#include <stdatomic.h>
#include <stddef.h>

#pragma GCC diagnostic error "-Wreturn-type" // for await in a void function
// An async_int must not be dropped. C11 has no attribute for that.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#ifdef __clang__
typedef struct __attribute__((warn_unused_result)) {
#else
typedef struct [[nodiscard]] {
#endif
    int value; // for await() only
} async_int;
#pragma GCC diagnostic pop

typedef async_int async_fn(void *arg);

// Waits for a call that returns an async_int, and is the value.
#define await(call) AWAIT_(call, #call, __COUNTER__)

// The same, for a limited time; the same, out of reach of cancels and outer
// deadlines, for clean-up that has to wait.
#define await_within(seconds, call) \
    AWAIT_IN_(seconds, false, call, #call, __COUNTER__)
#define await_shielded(call) \
    AWAIT_IN_(CLOCK_NEVER, true, call, #call, __COUNTER__)

// Runs fn(arg) as the first task, and the loop until all tasks have ended.
// Returns the first task's result, or an error of loop_init() or loop_run().
// `selector` is as for loop_init().
//
// Signals: SIGQUIT (Ctrl-\) and SIGUSR1 make the loop call tasks_dump(). A task
// that holds the thread at that moment is named at once, and another SIGQUIT
// ends the program if a second goes by without the dump. SIGPIPE is ignored:
// writing to a closed connection fails with -EPIPE. If all tasks wait for one
// another, they are dumped and the program aborts.
#define async_run(selector, fn, arg) async_run_first(selector, fn, arg, #fn)
int async_run_first(
    const char *selector, async_fn *fn, void *arg, const char *function);

// Prints each task to stderr: its wait, for how long, and its chain of awaits.
void tasks_dump(void);

// --- Groups: zeroed at first; one of the first two may be set ----------------

struct group {
    bool race;
    bool independent;
    bool is_decided; // the result is final, and all tasks are cancelled
    bool is_cancelled;
    int result;
    int count; // tasks that have not ended
    int wanted; // the owner waits until at most this many are left
    struct list tasks;
    struct task *owner; // the task that used the group first
    bool is_awaited; // by the owner, now
    struct group *next; // of the owner's open groups
    const char *where; // place in the source of the first use
};

// Starts fn(arg) as a task, from the loop's next turn on. `name` is kept, not
// copied. Without memory the group fails with -ENOMEM. A task in no group
// (NULL) belongs to the program, which prints its failure.
#define spawn(group, fn, arg, name) \
    task_spawn(group, fn, arg, #fn, name, __FILE__ ":" TEXT_OF_(__LINE__))
void task_spawn(struct group *group, async_fn *fn, void *arg,
    const char *function, const char *name, const char *where);
#define TEXT_OF_(line) TEXT_OF__(line)
#define TEXT_OF__(line) #line

// Waits until all tasks have ended. Returns the first error, or 0; of a race,
// the first success, or the first error if there is none. Only the owner may
// wait, the task that spawned first in the group: otherwise both are named, and
// the program aborts.
async_int group_wait(struct group *group);

// Waits until fewer than n > 0 tasks are left. Returns 0, or -ECANCELED if the
// group has failed, is won or cancelled.
async_int group_room(struct group *group, int n); // for the owner only

void group_cancel(struct group *group); // also tasks that are spawned later

// --- Waits: each returns 0, -ECANCELED, or an error named here ---------------

async_int task_pause(double seconds); // Ctrl-C ends it early, with 0
async_int task_yield(void); // lets the others have their turn

// Wait until `fd` is ready. One task may read a descriptor and another may
// write to it. Return -ETIMEDOUT if `deadline`, a moment of clock_now() or
// CLOCK_NEVER, comes first or has come, or an error of loop_on_fd().
async_int readable(int fd, double deadline);
async_int writable(int fd, double deadline);

// close(fd), for a descriptor that a task has waited for: after a plain
// close(), the next file with this number may wait in vain. If another task
// waits for it, both are named, and the program aborts.
void task_close(int fd);
void task_forget(int fd); // just before another function closes it, as fclose()

// For new kinds of waits. task_wait() returns the result passed to task_wake(),
// which does nothing for a task that is not waiting. `waiting_for` is kept for
// the dump.
async_int task_wait(const char *waiting_for);
struct task *task_running(void);
void task_wake(struct task *task, int result);

// --- Locks and conditions: zeroed at first; first come, first served ---------
//
// A task that ends while it holds a lock is named, and the program aborts.

struct lock {
    struct task *holder;
    struct list waiters;
};

async_int lock_take(struct lock *lock);
void lock_give(struct lock *lock); // does nothing for a task without the lock

struct condition {
    struct list waiters;
};

async_int condition_wait(struct condition *condition);
void condition_signal(struct condition *condition); // wakes one
void condition_broadcast(struct condition *condition); // wakes all

// --- Under await() -----------------------------------------------------------

struct await_site {
    const char *file;
    const char *call;
    int line;
};

// One await in progress, on the waiting stack, linked to the await around it.
struct await_link {
    const struct await_site *site;
    struct await_link *outer;
};

struct scope {
    struct scope *outer;
    double deadline;
    bool is_shield;
    bool is_over; // its deadline has ended a wait
};

extern struct await_link *await_chain; // of the running task, innermost first
extern long await_count;

void scope_open(struct scope *scope, double seconds, bool is_shield);
int scope_close(struct scope *scope, int n);

// The handler of an overflow reads the chain: it must be up to date in memory.
#define AWAIT_SEEN_ atomic_signal_fence(memory_order_release)

#define AWAIT_(call, text, id) AWAIT__(call, text, id)
#define AWAIT__(call, text, id) \
    __extension__({ \
        if (0) \
            return (async_int){ 0 }; /* is this a function that may wait? */ \
        static const struct await_site site##id = { __FILE__, text, \
            __LINE__ }; \
        struct await_link link##id = { &site##id, await_chain }; \
        await_chain = &link##id; \
        AWAIT_SEEN_; \
        await_count++; \
        const async_int result##id = (call); \
        await_chain = link##id.outer; \
        AWAIT_SEEN_; \
        result##id.value; \
    })

#define AWAIT_IN_(seconds, is_shield, call, text, id) \
    AWAIT_IN__(seconds, is_shield, call, text, id)
#define AWAIT_IN__(seconds, is_shield, call, text, id) \
    __extension__({ \
        struct scope scope##id; \
        scope_open(&scope##id, seconds, is_shield); \
        scope_close(&scope##id, AWAIT_(call, text, __COUNTER__)); \
    })

#endif
