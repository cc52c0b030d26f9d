// task.h - what the files of this engine know of a task; users need async.h.

#ifndef TASK_H
#define TASK_H

#include "async.h"
#include "switch.h"

// It lives above its stack, in the same page. First what each wait touches.
struct task {
    struct context context;
    bool is_waiting;
    bool is_cancelled;
    int shields;
    int result;
    int number; // in the trace
    struct await_link *chain;
    struct loop_watch watch;
    struct waiters *queue; // where it waits, behind and before others
    struct scope *scope; // innermost
    struct scope *nearest; // the one whose deadline comes first
    const char *what; // it waits for
    double since;
    double deadline; // of this wait
    int late; // its result then
    int fd; // it waits for, or -1
    struct loop_call turn; // its next
    struct task *behind;
    struct task *before;
    struct loop_call patience; // its end; left armed if the next wait has it
    struct task *next; // of its group; or of the idle ones
    struct task *previous;
    struct group *group; // whose task it is
    struct group *open; // its own, not waited for yet, the newest first
    const char *where; // that was opened: it may be gone itself
    unsigned id; // in the dump
    int locks; // that it holds
    async_fn *fn;
    void *arg;
    const char *function;
    const char *name;
};

extern struct task *async_running;
extern struct group async_program; // the first task, and those of no group

// Every wait begins with this. Returns 0, or -ECANCELED.
int task_may_wait(void);

// Until task_wake(), or until `deadline`: that makes the result `late`. Ctrl-C
// ends a `pause`.
int task_wait_until(const char *what, double deadline, int late, bool pause);

// A group is used for the first time, here; a task of it begins; has ended. Or
// could not begin: that has a result as well.
void group_open(struct group *group, const char *where);
void group_add(struct group *group, struct task *task);
void group_remove(struct group *group, struct task *task, int result);
void group_count_result(struct group *group, int result);

// From now on a signal can ask for a dump, and an overflow is told. Returns 0
// or a negative errno.
int dump_begin(void);
void dump_end(void);

#endif
