// task.h - tasks as the files of this engine see them; users need async.h.

#ifndef TASK_H
#define TASK_H

#include "async.h"
#include "list.h"
#include "switch.h"

// Kept above the task's stack, in the stack's topmost page. The fields that
// every wait touches come first.
struct task {
    struct context context;
    bool is_waiting;
    bool is_cancelled;
    int shields; // await_shielded() calls under way
    int result; // of the last wait
    int number; // in the trace
    struct await_link *chain; // while suspended: its awaits, innermost first
    struct scope *scope; // the innermost, or NULL
    struct loop_watch watch;
    // The wait in progress; valid while is_waiting:
    struct list *queue; // the waiters of a lock or condition, or NULL
    struct scope *nearest_scope; // the scope whose deadline comes first
    const char *waiting_for; // text for the dump
    double waiting_since;
    double deadline; // of the wait itself
    int result_if_late; // at that deadline
    int fd; // -1: not waiting for a descriptor
    // In the loop, and in lists:
    struct loop_call ready_call; // resumes the task
    struct list_link waiter_link; // in *queue
    struct loop_call timeout; // stays armed if the next deadline is the same
    struct list_link member; // in group->tasks
    struct task *next_idle;
    struct group *group; // to which the task belongs
    struct group *open_groups; // its own, not waited for yet; newest first
    const char *open_where; // where the newest was opened, in the source
    int locks; // held at the moment
    // Set by task_spawn(), then constant:
    unsigned id; // in the dump
    async_fn *fn;
    void *arg;
    const char *function;
    const char *name;
};

extern struct task *async_running;
extern struct group async_program; // the first task, and tasks without a group

// Prepares a wait of the running task. Returns 0, or -ECANCELED if the task
// must not wait.
int task_prepare_wait(void);

// Suspends the running task until task_wake(), or until `deadline`, with the
// result `result_if_late`. A pause also ends at Ctrl-C.
int task_wait_until(const char *waiting_for, double deadline,
    int result_if_late, bool is_pause);

// Wakes all tasks that wait in a queue.
void waiters_wake(struct list *queue, int result);

// Notes the owner and place of a group at its first use.
void group_open(struct group *group, const char *where);
void group_add(struct group *group, struct task *task);
// A task of the group has ended.
void group_remove(struct group *group, struct task *task, int result);
// Takes a result into account: of a task, or -ENOMEM of one that could not
// start.
void group_add_result(struct group *group, int result);

// Installs the handlers for a dump and for an overflow. Returns 0 or a negative
// errno.
int dump_begin(void);
void dump_end(void);

#endif
