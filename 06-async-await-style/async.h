// async.h - functions that wait, and show it. Each task has a small stack of
// its own; the loop runs the tasks.
//
//     async_int greet(void *name) // may wait, as its type says
//     {
//         int error = await(task_pause(1)); // waits here
//         ...
//         return (async_int){ error };
//     }
//
// The return type shows the colour of a function: whether it may wait. The
// value of an async_int is 0, a count or a descriptor, or a negative error.
// Only await() takes the value out, and await() compiles only in a function
// that itself returns async_int: no wait hides behind a plain function. (The
// compiler cannot close the back door `.value`.) A forgotten await is an error
// where the value is used, and a warning in `f();`. `return f();` compiles in
// silence, but hides the wait from the reader and the dump: write `return
// (async_int){ await(f()) };`.
//
// Groups. A task is started in a group. The first task that spawns in a group
// is its owner, and keeps the group in memory until group_wait() has returned;
// if the owner ends earlier, the program aborts. The first task that fails
// cancels the others, and its error is the group's result. A race is decided by
// its first success instead. Independent tasks, such as the connections of a
// server, do not cancel one another, and their errors are not the group's: one
// for which the program has no future is printed.
//
// Cancellation is level-triggered: every later wait of a cancelled task returns
// -ECANCELED at once, until the task ends. When several things happen:
//
//     first, then                          result
//     the awaited event, then a cancel     the wait's result; -ECANCELED later
//     a cancel, then a wait that could     -ECANCELED, and no lock is taken
//       end at once
//     the deadline of a wait               -ETIMEDOUT, from this wait only
//     the deadline of await_within()       -ECANCELED from all waits inside,
//                                          -ETIMEDOUT from await_within()
//     the call in await_within() returns   that value, even if it is late
//       anything but -ECANCELED
//     several deadlines                    the nearest; if equal, the outermost
//     the deadline of await_within(),      -ETIMEDOUT; -ECANCELED later
//       then a cancel
//     a cancel, then the deadline of       -ECANCELED
//       await_within()
//     in await_shielded(), a cancel or     no effect; -ECANCELED from the first
//       a deadline from outside            wait after it
//     in group_wait(), a cancel            its tasks are cancelled, and end;
//                                          the group's result if it was decided
//                                          before, otherwise -ECANCELED
//
// Waking a task only puts it into the loop's queue: no task runs from inside
// another. A task keeps the thread until it awaits; between two awaits no lock
// is needed.

#ifndef ASYNC_H
#define ASYNC_H

#include "clock.h"
#include "list.h"
#include "loop.h"

#include <stdatomic.h>
#include <stddef.h>

#pragma GCC diagnostic error "-Wreturn-type" // await in a void function
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

// Makes a call that returns an async_int, and evaluates to its value.
#define await(call) AWAIT_(call, #call, __COUNTER__)

// The same, given up after `seconds`.
#define await_within(seconds, call) \
    AWAIT_IN_(seconds, false, call, #call, __COUNTER__)
// The same, out of reach of cancels and outer deadlines: for clean-up that
// waits.
#define await_shielded(call) \
    AWAIT_IN_(CLOCK_NEVER, true, call, #call, __COUNTER__)

// Runs fn(arg) as the first task, and the loop until all tasks have ended.
// Returns the first task's result, or a negative errno if there is no loop,
// pipe or memory. `selector` is as for loop_init().
//
// Signals: SIGQUIT (Ctrl-\) and SIGUSR1 make the loop call tasks_dump(). A task
// that holds the thread at that moment is named at once; if the dump has not
// come after a second, another SIGQUIT ends the program. SIGPIPE is ignored:
// writing to a closed connection fails with -EPIPE. If all tasks wait for one
// another, they are dumped and the program aborts.
#define async_run(selector, fn, arg) async_run_named(selector, fn, arg, #fn)
int async_run_named(
    const char *selector, async_fn *fn, void *arg, const char *function);

// Prints each task to stderr: its wait, for how long, and its chain of awaits.
void tasks_dump(void);

// --- Groups: zeroed at first; `race` or `independent` may be set -------------

struct future;

struct group {
    bool race;
    bool independent;
    bool is_decided; // the result is final, and all tasks are cancelled
    bool is_cancelled;
    int result;
    int count; // tasks that have not ended
    int may_remain; // the owner waits until at most this many are left
    struct list tasks;
    struct task *owner; // the task that used the group first
    bool is_awaited; // by the owner, now
    struct group *next; // of the owner's open groups
    const char *where; // file and line of the first spawn()
};

// Starts fn(arg) as a task, from the loop's next turn on. `name` is kept, not
// copied. Without memory returns false, and the group fails with -ENOMEM. A
// task in no group (NULL) belongs to the program, and is independent.
#define spawn(group, fn, arg, name) spawn_for(NULL, group, fn, arg, name)

// The same; the future is set to the task's own result, or to -ENOMEM.
#define spawn_for(future, group, fn, arg, name) \
    task_spawn( \
        future, group, fn, arg, #fn, name, __FILE__ ":" TEXT_OF_(__LINE__))
bool task_spawn(struct future *future, struct group *group, async_fn *fn,
    void *arg, const char *function, const char *name, const char *where);
#define TEXT_OF_(line) TEXT_OF__(line)
#define TEXT_OF__(line) #line

// Waits until all tasks have ended. Returns the first error, or 0; of a race,
// the first success, or the first error if there is none. For the owner only:
// if another task calls this, both are named, and the program aborts.
async_int group_wait(struct group *group);

// Waits until fewer than n tasks are left (n > 0). Returns 0, or -ECANCELED if
// the group or its owner was cancelled or a deadline around the call has come.
async_int group_room(struct group *group, int n); // for the owner only

void group_cancel(struct group *group); // also tasks that are spawned later

// --- Waits: each returns 0, -ECANCELED, or an error named here ---------------

async_int task_pause(double seconds); // Ctrl-C ends it early, with 0
async_int task_yield(void); // lets the others have their turn

// Wait until `fd` is ready. One task may read a descriptor and another may
// write to it. `deadline` is a moment of clock_now(), or CLOCK_NEVER; when it
// has come, -ETIMEDOUT is returned. Other errors are those of loop_on_fd().
async_int readable(int fd, double deadline);
async_int writable(int fd, double deadline);
async_int readable_or_ctrl_c(int fd); // -EINTR after Ctrl-C (interrupt.h)

// close(fd), for a descriptor that a task has waited for: after a plain
// close(), a wait for the next file with this number might never end. If
// another task waits for fd, both are named, and the program aborts.
void task_close(int fd);
void task_forget(int fd); // call it before fclose() and the like close fd

// For new kinds of waits. task_wait() returns the result passed to task_wake(),
// which does nothing for a task that is not waiting. `waiting_for` is kept for
// the dump.
async_int task_wait(const char *waiting_for);
struct task *task_running(void);
void task_wake(struct task *task, int result);

// --- Futures, locks and conditions: zeroed at first --------------------------
//
// Waiters are served in the order in which they came.
//
// A task that ends while it holds a lock is named, and the program aborts.

// A result that may not exist yet. Stays in memory until it is set.
struct future {
    bool is_set;
    int result;
    struct list waiters;
};

async_int future_wait(struct future *future); // returns the result
void future_set(struct future *future, int result); // unless it is set already

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

// One await in progress, on the stack of its task; `outer` is the one around
// it.
struct await_link {
    const struct await_site *site;
    struct await_link *outer;
};

// One await_within() or await_shielded() in progress.
struct scope {
    struct scope *outer;
    double deadline;
    bool is_shield;
    bool has_expired; // its deadline has ended a wait
};

extern struct await_link *await_chain; // of the running task, innermost first
extern long await_count;

void scope_open(struct scope *scope, double seconds, bool is_shield);
int scope_close(struct scope *scope, int n);

// Signal handlers (dump.c) read the chain: it must be up to date in memory.
#define AWAIT_FENCE_ atomic_signal_fence(memory_order_release)

#define AWAIT_(call, text, id) AWAIT__(call, text, id)
#define AWAIT__(call, text, id) \
    __extension__({ \
        if (0) \
            return (async_int){ 0 }; /* is this a function that may wait? */ \
        static const struct await_site site##id = { __FILE__, text, \
            __LINE__ }; \
        struct await_link link##id = { &site##id, await_chain }; \
        await_chain = &link##id; \
        AWAIT_FENCE_; \
        await_count++; \
        const async_int result##id = (call); \
        await_chain = link##id.outer; \
        AWAIT_FENCE_; \
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
