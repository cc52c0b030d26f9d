// async.c - tasks: the loop runs each until it waits.

#include "task.h"

#include "errors.h"
#include "executor.h"
#include "interrupt.h"
#include "stack.h"
#include "timing.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct await_link *await_chain;
long await_count;

struct task *async_running;
struct group async_program;
static struct task *idle; // ended: their stacks are used again, the last first
static struct context scheduler; // the loop, on the thread's own stack
static struct task *first; // NULL: it has ended
static unsigned ids;
static int stacks; // a task has the number of its stack, in the trace

// --- Running, waiting and waking ---------------------------------------------

static void run(void *task)
{
    async_running = task;
    await_chain = async_running->chain;
    context_switch(&scheduler, &async_running->context);
    async_running = NULL;
}

static void stop(void)
{
    async_running->chain = await_chain;
    context_switch(&async_running->context, &scheduler);
}

void task_wake(struct task *task, int result)
{
    struct waiters *queue = task->queue;

    if (!task->is_waiting)
        return; // it has its turn already
    task->is_waiting = false;
    task->result = result;
    if (queue != NULL) {
        *(task->before ? &task->before->behind : &queue->first) = task->behind;
        *(task->behind ? &task->behind->before : &queue->last) = task->before;
    }
    loop_cancel_fd(&task->watch);
    trace(TRACE_WAKE, task->number, 0);
    loop_soon(&task->turn, run, task);
    task->turn.task = task->number; // not whoever wakes it
}

// The wait's own deadline, or a scope's; or Ctrl-C in a pause; or it is awake.
static void on_time(void *arg)
{
    struct task *task = arg;
    struct scope *nearest = task->is_waiting ? task->nearest : NULL;
    bool hurried = task->patience.is_pause && interrupted();

    if (hurried || nearest == NULL || task->deadline < nearest->deadline) {
        task_wake(task, task->late);
    } else {
        nearest->is_over = true;
        task_wake(task, -ECANCELED);
    }
}

int task_may_wait(void)
{
    struct scope *nearest = NULL;
    struct scope *scope = async_running->scope;

    for (; scope != NULL && !scope->is_shield; scope = scope->outer) {
        if (nearest == NULL || scope->deadline <= nearest->deadline)
            nearest = scope;
    }
    async_running->nearest = nearest;
    async_running->queue = NULL;
    async_running->fd = -1;
    if (async_running->is_cancelled && async_running->shields == 0)
        return -ECANCELED;
    if (nearest != NULL && nearest->deadline <= clock_now())
        nearest->is_over = true;
    return nearest != NULL && nearest->is_over ? -ECANCELED : 0;
}

int task_wait_until(const char *what, double deadline, int late, bool pause)
{
    struct task *task = async_running;
    struct scope *nearest = task->nearest;
    double at = nearest != NULL ? fmin(deadline, nearest->deadline) : deadline;

    task->since = clock_now();
    trace_await(task->fd >= 0 ? TRACE_WAIT_FD
            : pause           ? TRACE_WAIT_TIMER
                              : TRACE_WAIT_CONDITION,
        pause ? lround((deadline - task->since) * 1e3) : task->fd);
    task->what = what;
    task->deadline = deadline;
    task->late = late;
    task->number = trace_task();
    task->is_waiting = true;
    if (at >= CLOCK_NEVER)
        loop_cancel(&task->patience);
    else if (pause || !timer_is_armed(&task->patience.timer)
        || at != task->patience.timer.at)
        loop_at(&task->patience, at, on_time, task);
    task->patience.is_pause = pause;
    stop();
    return task->result;
}

async_int task_wait(const char *what)
{
    int n = task_may_wait();
    if (n == 0)
        n = task_wait_until(what, CLOCK_NEVER, 0, false);
    return (async_int){ n };
}

struct task *task_running(void)
{
    return async_running;
}

// --- From the first task to the last -----------------------------------------

static void end(struct task *task, int result)
{
    if (task->open != NULL) {
        fprintf(stderr, "%s(%s) has not waited for its group: %s\n",
            task->function, task->name, task->where);
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
            task->function, task->name, error_text(result));
    }
    loop_cancel(&task->patience);
    group_remove(task->group, task, result);
    task->next = idle;
    idle = task;
}

// A stack begins here, and is used for one task after the other.
static void begin(void)
{
    context_entered(&scheduler);
    for (;;) {
        end(async_running, async_running->fn(async_running->arg).value);
        stop();
    }
}

static struct task *take_idle(void)
{
    struct task *task = idle;
    void *stack;
    size_t size;

    if (task != NULL) {
        idle = task->next;
        return task;
    }
    task = stack_new(sizeof(*task), &stack, &size);
    if (task != NULL) {
        context_make(&task->context, stack, size, begin);
        task->number = stacks++;
    }
    return task;
}

void task_spawn(struct group *group, async_fn *fn, void *arg,
    const char *function, const char *name, const char *where)
{
    struct task *task = take_idle();

    if (group == NULL)
        group = &async_program;
    group_open(group, where);
    if (task == NULL) {
        group_count_result(group, -ENOMEM);
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
    loop_soon(&task->turn, run, task);
    task->turn.task = task->number;
}

static void free_tasks(void)
{
    for (; idle != NULL; idle = idle->next)
        context_free(&idle->context);
    stacks_free();
}

int async_run_first(
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
    stacks = -1; // the first task's: animals and workers count from 0
    task_spawn(NULL, fn, arg, function, "", NULL);
    first = async_program.first; // NULL: there was no memory for it
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
    timing_fact("stack_bytes", stack_touched());
    timing_fact("awaits", (double)await_count);
    free_tasks();
free_loop:
    loop_free();
    return error;
}
