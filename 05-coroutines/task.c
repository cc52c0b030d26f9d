// task.c - the waiters of a future, and the loop's calls that resume a task.

#include "task.h"

#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct task *running;
static struct future pending; // for waits of one task: a descriptor, a pause
static struct future over = { .done = true }; // for waits that end at once
// For the report:
static int alive; // tasks that have not ended
static size_t largest_frame;
static double resumes;

static void resume(void *arg);

// --- Waiting and waking ------------------------------------------------------

static void enqueue(struct future *future, struct task *task)
{
    trace_await(TRACE_WAIT_CONDITION, 0); // if the future is of no other kind
    task->awaits = future;
    task->number = trace_task();
    list_append(&future->waiters, &task->waiter_link);
}

static struct task *first_waiter(const struct future *future)
{
    return LIST_FIRST(&future->waiters, struct task, waiter_link);
}

// Ends the wait of a task, which is resumed in the next turn.
static void wake(struct task *task, int result)
{
    if (task->awaits == NULL)
        return; // it is not waiting
    list_remove(&task->awaits->waiters, &task->waiter_link);
    loop_cancel_fd(&task->watch);
    task->awaits = NULL;
    task->result = result;
    trace(TRACE_WAKE, task->number, 0);
    loop_soon(&task->call, resume, task);
    task->call.task = task->number; // for the trace: the woken task
}

void future_wake(struct future *future, int result)
{
    while (first_waiter(future) != NULL)
        wake(first_waiter(future), result);
}

void future_set(struct future *future, int result)
{
    if (future->done)
        return;
    future->done = true;
    future->result = result;
    future_wake(future, result);
}

// Called by the loop. Resumes the coroutine; if it yields a future, the task
// becomes one of the waiters.
static void resume(void *arg)
{
    struct task *task = arg;
    int result = -ECANCELED;

    running = task;
    resumes++;
    if (task->cancelled) {
        co_close(task->co);
    } else if (co_send(task->co, (void *)(intptr_t)task->result)) {
        struct future *future = task->co->value;
        enqueue(future, task);
        if (future->done)
            wake(task, future->result);
        if (task->cancelled) // by itself, while it ran
            wake(task, 0);
        return;
    } else {
        result = (int)(intptr_t)task->co->value;
    }
    running = NULL;
    if (task->locks > 0) {
        fprintf(stderr, "task %s has ended with a lock\n", task->name);
        abort();
    }
    if (--alive == 0) {
        trace_fact("frame_bytes", (double)largest_frame);
        trace_fact("resumes", resumes);
    }
    future_set(&task->end, result);
    if (task->on_end != NULL)
        task->on_end(task->on_end_arg, result);
}

void task_start_coroutine(struct task *task, struct coroutine *co,
    size_t frame_size, co_body *body, const char *name)
{
    co_start(co, body);
    *task = (struct task){ .co = co, .name = name };
    alive++;
    if (frame_size > largest_frame)
        largest_frame = frame_size;
    loop_soon(&task->call, resume, task);
}

void task_cancel(struct task *task)
{
    if (task->end.done)
        return;
    task->cancelled = true;
    wake(task, 0);
}

struct future *task_join(struct task *task)
{
    task->joined = true;
    return &task->end;
}

bool task_ended(const struct task *task)
{
    if (task->end.done && task->end.result < 0 && !task->joined)
        fprintf(stderr, "task %s failed, and nobody asked: %s\n", task->name,
            strerror(-task->end.result));
    return task->end.done;
}

// --- Waits: a descriptor, a pause, a lock ------------------------------------

static void on_ready(void *task)
{
    wake(task, 0);
}

static void on_deadline(void *task)
{
    wake(task, -ETIMEDOUT);
}

struct future *task_on_fd(int fd, int interest, double deadline)
{
    int error = -ETIMEDOUT;

    if (clock_now() < deadline)
        error =
            loop_watch_fd(&running->watch, fd, interest, on_ready, running);
    if (error == 0) {
        trace_await(TRACE_WAIT_FD, fd);
        loop_at(&running->call, deadline, on_deadline, running);
    }
    over.result = error;
    return error == 0 ? &pending : &over;
}

struct future *task_pause(double seconds)
{
    trace_await(TRACE_WAIT_TIMER, (long)(seconds * 1e3 + 0.5));
    loop_pause(&running->call, seconds, on_ready, running);
    return &pending;
}

void task_close(int fd)
{
    struct loop_watch *other = loop_other_watch(&running->watch, fd);

    if (other != NULL && other->fn == on_ready) {
        fprintf(stderr,
            "task %s closes descriptor %d, and task %s waits for it\n",
            running->name, fd, ((struct task *)other->arg)->name);
        abort();
    }
    loop_forget(&running->watch, fd);
    if (fd >= 0)
        close(fd);
}

struct future *lock_take(struct lock *lock)
{
    if (lock->holder != NULL) {
        trace_await(TRACE_WAIT_LOCK, 0);
        return &lock->queue;
    }
    lock->holder = running;
    running->locks++;
    over.result = 0;
    return &over;
}

// Hands the lock over to the task that has waited longest, so that no other
// task can take it in between.
void lock_give(struct lock *lock)
{
    if (lock->holder != running)
        return;
    running->locks--;
    lock->holder = first_waiter(&lock->queue);
    if (lock->holder == NULL)
        return;
    lock->holder->locks++;
    wake(lock->holder, 0);
}
