// async.h - functions that wait in plain sight, in tasks that have a small
// stack each, on the loop.
//
//     async_int greet(void *name) // may wait: its type says so
//     {
//         int error = await(task_pause(1)); // and here it does
//         ...
//         return (async_int){ error };
//     }
//
// The colour. await() is the only way from an async_int to its value, and it
// compiles only inside a function that returns async_int itself: nobody waits
// behind a plain function's back. Forgotten, it is an error. It is a warning in
// `f();`, and nothing in `return f();`: write return (async_int){ await(f()) };
// The value is 0, a count or a descriptor, or a negative error.
//
// Groups. A task is started in a group, which stays where it is until
// group_wait() has returned; where its owner ends before that, the program is
// aborted. The first task that fails cancels the others, and its error is the
// group's. A race is ended by its first success. In a group of independent tasks
// none is cancelled; its result is the first error all the same.
//
// Cancellation is a level: once it is there, every wait of the task returns
// -ECANCELED at once, until it gives up. What overlaps:
//
//     it came, then the cancel             the result; -ECANCELED from the next
//     cancelled, need not have waited      -ECANCELED, and no lock is taken
//     a deadline of the wait itself        -ETIMEDOUT, once
//     a deadline of await_within()         -ECANCELED from all that is inside,
//                                          -ETIMEDOUT from await_within()
//     the call returned otherwise          its value, late as it may be
//     several deadlines                    the nearest; if equal, the outermost
//     await_within()'s, then a cancel      -ETIMEDOUT; -ECANCELED from the next
//     a cancel, then await_within()'s      -ECANCELED
//     in await_shielded(): cancels, and    nothing there; -ECANCELED from the
//       deadlines from outside             first await after it
//     group_wait()                         its tasks are cancelled, and end;
//                                          then what had decided the group
//                                          before, or -ECANCELED
//
// Being woken is being queued: no task runs from inside another. A task holds
// the thread until it awaits; no lock is needed for what happens in between.

#ifndef ASYNC_H
#define ASYNC_H

#include "clock.h"
#include "loop.h"

#include <stdatomic.h>
#include <stddef.h>

#pragma GCC diagnostic error "-Wreturn-type" // await in a function of void
// The type says that dropping it is a mistake. C11 has no words for that.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#ifdef __clang__
typedef struct __attribute__((warn_unused_result)) {
#else
typedef struct [[nodiscard]] {
#endif
    int value; // await() takes it out, and nothing else does
} async_int;
#pragma GCC diagnostic pop

typedef async_int async_fn(void *arg);

// Waits for call: an async_int, whose value this is.
#define await(call) AWAIT_(call, #call, __COUNTER__)

// The same for so many seconds at most. The same, out of reach of cancellation
// and deadlines: for what has to be cleaned up.
#define await_within(seconds, call) \
    AWAIT_IN_(seconds, false, call, #call, __COUNTER__)
#define await_shielded(call) \
    AWAIT_IN_(CLOCK_NEVER, true, call, #call, __COUNTER__)

// Runs fn(arg) as the first task, and the loop until all tasks have ended.
// Returns the first task's result, or a negative errno: no loop. `selector` is
// as for loop_init(). SIGQUIT (Ctrl-\) and SIGUSR1 ask for tasks_dump(): the loop
// answers. As long as a task holds the thread, this task is named at once, and a
// SIGQUIT that stays unanswered for a second ends the program, as elsewhere.
// SIGPIPE is ignored: a peer that has gone away is an error of the call, -EPIPE.
// Tasks that all wait for one another are dumped, and the program is aborted.
#define async_run(selector, fn, arg) async_run_first(selector, fn, arg, #fn)
int async_run_first(
    const char *selector, async_fn *fn, void *arg, const char *function);

// Prints to stderr, for each task, what it waits for, how long, and where.
void tasks_dump(void);

// --- Groups: zeroed at first; one of the first two may be set ----------------

struct group {
    bool race;
    bool independent;
    bool is_decided; // its result; the rest has been cancelled
    bool is_cancelled;
    int result;
    int count; // of tasks that have not ended
    int wanted; // its owner waits until there are no more than this
    struct task *first;
    struct task *last;
    struct task *owner; // who has to wait for it, and may be waiting now
    bool is_awaited;
    struct group *next; // of its owner's open groups
    const char *where; // it was opened, in the source
};

// Starts fn(arg) as a task, from the loop's next turn on. Both names are kept,
// not copied. Where memory is missing the group fails, with -ENOMEM. A task of
// no group (NULL) is the program's: that it failed is printed.
#define spawn(group, fn, arg, name) \
    task_spawn(group, fn, arg, #fn, name, __FILE__ ":" TEXT_OF_(__LINE__))
void task_spawn(struct group *group, async_fn *fn, void *arg,
    const char *function, const char *name, const char *where);
#define TEXT_OF_(line) TEXT_OF__(line)
#define TEXT_OF__(line) #line

// Until all have ended: the first error, or 0; of a race the first success, or
// if there is none the first error. For its owner, the task that spawned first in
// it: called by another, it names both, and aborts.
async_int group_wait(struct group *group);

// Until fewer than n > 0 are left; -ECANCELED: it failed, is won or cancelled.
async_int group_room(struct group *group, int n); // for its owner, too

void group_cancel(struct group *group); // and what is spawned in it later

// --- What a task waits for: -ECANCELED, or 0 and what else is said -----------

async_int task_pause(double seconds); // ends early, with 0, after Ctrl-C
async_int task_yield(void); // the others have their turn

// One task may wait to read a descriptor and another to write to it. -ETIMEDOUT
// if `deadline`, a time of clock_now() or CLOCK_NEVER, comes first or has come;
// what loop_on_fd() refuses.
async_int readable(int fd, double deadline);
async_int writable(int fd, double deadline);

// close(fd). A descriptor that was waited for must be closed so, or the one that
// gets its number next may wait in vain. If a task waits for it, both are named,
// and the program is aborted.
void task_close(int fd);
void task_forget(int fd); // just before fclose(), which closes it as well

// For new kinds of waits: until somebody wakes the task, with a result; then
// forget it. Waking one that does not wait does nothing. `what` is kept.
async_int task_wait(const char *what);
struct task *task_running(void);
void task_wake(struct task *task, int result);

// --- Locks and conditions: zeroed at first; first come, first served ---------
//
// A task that ends while it holds a lock is named, and the program is aborted.

struct waiters {
    struct task *first;
    struct task *last;
};

struct lock {
    struct task *holder;
    struct waiters waiters;
};

async_int lock_take(struct lock *lock);
void lock_give(struct lock *lock); // does nothing for a task without the lock

struct condition {
    struct waiters waiters;
};

async_int condition_wait(struct condition *condition);
void condition_signal(struct condition *condition); // wakes one
void condition_broadcast(struct condition *condition); // wakes all

// --- What await() is made of -------------------------------------------------

struct await_site {
    const char *file;
    const char *call;
    int line;
};

// The chain of awaits a task is in: each on the stack that waits.
struct await_link {
    const struct await_site *site;
    struct await_link *outer;
};

struct scope {
    struct scope *outer;
    double deadline;
    bool is_shield;
    bool is_over; // its deadline ended a wait
};

extern struct await_link *await_chain; // of the running task, innermost first
extern long await_count;

void scope_open(struct scope *scope, double seconds, bool is_shield);
int scope_close(struct scope *scope, int n);

// So that an overflow finds the chain as it is at that moment.
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
