// async.c - starts tasks, each on a stack of its own; the loop resumes them,
// and their waits suspend them.

#include "task.h"

#include "executor.h"
#include "interrupt.h"
#include "stack.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct await_link *await_chain;
long await_count;

struct task *async_running;
struct group async_program;
static struct task *idle; // tasks that have ended: their stacks are used again
static struct context scheduler; // loop_run(), on the thread's own stack
static struct task *first; // NULL once the first task has ended
static unsigned ids;
static int next_number; // for the next new stack and, in the trace, its tasks

// --- Running, waiting and waking ---------------------------------------------

// Called by the loop.
static void resume(void *task)
{
    async_running = task;
    await_chain = async_running->chain;
    context_switch(&scheduler, &async_running->context);
    async_running = NULL;
}

static void suspend(void)
{
    async_running->chain = await_chain;
    context_switch(&async_running->context, &scheduler);
}

void task_wake(struct task *task, int result)
{
    if (!task->is_waiting)
        return;
    task->is_waiting = false;
    task->result = result;
    if (task->queue != NULL)
        list_remove(task->queue, &task->waiter_link);
    loop_cancel_fd(&task->watch);
    trace(TRACE_WAKE, task->number, 0);
    loop_soon(&task->ready_call, resume, task);
    task->ready_call.task = task->number; // for the trace: the woken task
}

// The deadline of the wait or of a scope has come, or Ctrl-C ends a pause. (The
// task may be awake: its timeout stays armed for the next wait.)
static void on_timeout(void *arg)
{
    struct task *task = arg;
    struct scope *nearest = task->is_waiting ? task->nearest_scope : NULL;
    bool is_cut_short = task->timeout.is_pause && interrupted();

    if (is_cut_short || nearest == NULL || task->deadline < nearest->deadline) {
        task_wake(task, task->result_if_late);
    } else {
        nearest->has_expired = true;
        task_wake(task, -ECANCELED);
    }
}

int task_prepare_wait(void)
{
    struct scope *nearest = NULL;
    struct scope *scope = async_running->scope;

    for (; scope != NULL && !scope->is_shield; scope = scope->outer) {
        if (nearest == NULL || scope->deadline <= nearest->deadline)
            nearest = scope;
    }
    async_running->nearest_scope = nearest;
    async_running->queue = NULL;
    async_running->fd = -1;
    if (async_running->is_cancelled && async_running->shields == 0)
        return -ECANCELED;
    if (nearest != NULL && nearest->deadline <= clock_now())
        nearest->has_expired = true;
    return nearest != NULL && nearest->has_expired ? -ECANCELED : 0;
}

int task_wait_until(const char *waiting_for, double deadline,
    int result_if_late, bool is_pause)
{
    struct task *task = async_running;
    struct scope *nearest = task->nearest_scope;
    double at = nearest != NULL ? fmin(deadline, nearest->deadline) : deadline;

    task->waiting_since = clock_now();
    trace_await(task->fd >= 0 ? TRACE_WAIT_FD
            : is_pause        ? TRACE_WAIT_TIMER
                              : TRACE_WAIT_CONDITION,
        is_pause ? lround((deadline - task->waiting_since) * 1e3) : task->fd);
    task->waiting_for = waiting_for;
    task->deadline = deadline;
    task->result_if_late = result_if_late;
    task->number = trace_task();
    task->is_waiting = true;
    if (at >= CLOCK_NEVER)
        loop_cancel(&task->timeout);
    else if (is_pause || !timer_is_armed(&task->timeout.timer)
        || at != task->timeout.timer.at)
        loop_at(&task->timeout, at, on_timeout, task);
    task->timeout.is_pause = is_pause;
    suspend();
    return task->result;
}

async_int task_wait(const char *waiting_for)
{
    int n = task_prepare_wait();
    if (n == 0)
        n = task_wait_until(waiting_for, CLOCK_NEVER, 0, false);
    return (async_int){ n };
}

struct task *task_running(void)
{
    return async_running;
}

// --- From the first task to the last -----------------------------------------

static void finish_task(struct task *task, int result)
{
    if (task->open_groups != NULL) {
        fprintf(stderr, "%s(%s) has not waited for its group: %s\n",
            task->function, task->name, task->open_where);
        abort();
    }
    if (task->locks > 0) {
        fprintf(stderr, "%s(%s) has ended with a lock\n", task->function,
            task->name);
        abort();
    }
    if (task == first) {
        first = NULL;
        async_program.result = result;
    } else if (task->group == &async_program && result < 0) {
        fprintf(stderr, "task %s(%s) failed, and nobody asked: %s\n",
            task->function, task->name, strerror(-result));
    }
    loop_cancel(&task->timeout);
    group_remove(task->group, task, result);
    task->next_idle = idle;
    idle = task;
}

// The first function on each stack, which serves one task after another.
static void task_main(void)
{
    context_entered(&scheduler);
    for (;;) {
        struct task *task = async_running;
        finish_task(task, task->fn(task->arg).value);
        suspend();
    }
}

static struct task *new_task(void)
{
    struct task *task = idle;
    void *stack;
    size_t size;

    if (task != NULL) {
        idle = task->next_idle;
        return task;
    }
    task = stack_new(sizeof(*task), &stack, &size);
    if (task != NULL) {
        context_make(&task->context, stack, size, task_main);
        task->number = next_number++;
    }
    return task;
}

void task_spawn(struct group *group, async_fn *fn, void *arg,
    const char *function, const char *name, const char *where)
{
    struct task *task = new_task();

    if (group == NULL)
        group = &async_program;
    group_open(group, where);
    if (task == NULL) {
        group_add_result(group, -ENOMEM);
        if (group == &async_program)
            fprintf(stderr, "no memory for task %s(%s)\n", function, name);
        return;
    }
    *task = (struct task){
        .context = task->context,
        .number = task->number,
        .id = ids++,
        .fn = fn,
        .arg = arg,
        .function = function,
        .name = name,
    };
    group_add(group, task);
    loop_soon(&task->ready_call, resume, task);
    task->ready_call.task = task->number;
}

static void free_tasks(void)
{
    for (; idle != NULL; idle = idle->next_idle)
        context_free(&idle->context);
    stacks_free();
}

int async_run_named(
    const char *selector, async_fn *fn, void *arg, const char *function)
{
    int error = loop_init(selector);
    signal(SIGPIPE, SIG_IGN);
    if (error == 0)
        error = dump_begin();
    if (error != 0)
        goto free_loop;
    async_program = (struct group){ .is_decided = true, .result = -ENOMEM };
    ids = 0;
    next_number = -1;
    task_spawn(NULL, fn, arg, function, "", NULL);
    first = LIST_FIRST(&async_program.tasks, struct task, member);
    error = loop_run();
    if (error == 0 && async_program.count > 0) {
        fprintf(stderr, "deadlock: all tasks wait for one another\n");
        tasks_dump();
        abort();
    }
    if (error == 0)
        error = async_program.result;
    executor_close();
    dump_end();
    trace_fact("stack_bytes", stack_touched());
    trace_fact("awaits", (double)await_count);
    free_tasks();
free_loop:
    loop_free();
    return error;
}
