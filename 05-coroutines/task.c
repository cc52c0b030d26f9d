// task.c - futures and tasks.

#include "task.h"

#include "clock.h"
#include "errors.h"
#include "timing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct task *running;
static double resumes;
static struct future ready = { .done = true }; // for what need not wait

static void run(void *arg);

// --- Waiting and waking ------------------------------------------------------

static void enqueue(struct future *future, struct task *task)
{
    trace_await(TRACE_WAIT_CONDITION, 0); // if it is not for something else
    task->awaits = future;
    task->number = trace_task();
    task->next = NULL;
    task->previous = future->last;
    *(future->last ? &future->last->next : &future->first) = task;
    future->last = task;
}

// Takes a task off what it waits for; it gets its turn.
static void wake(struct task *task, int result)
{
    struct future *future = task->awaits;

    if (future == NULL)
        return; // it has its turn already
    *(task->previous ? &task->previous->next : &future->first) = task->next;
    *(task->next ? &task->next->previous : &future->last) = task->previous;
    loop_cancel_fd(&task->watch);
    task->awaits = NULL;
    task->result = result;
    trace(TRACE_WAKE, task->number, 0);
    loop_soon(&task->call, run, task);
    task->call.task = task->number; // not whoever wakes it
}

void future_wake(struct future *future, int result)
{
    while (future->first != NULL)
        wake(future->first, result);
}

void future_set(struct future *future, int result)
{
    if (future->done)
        return;
    future->done = true;
    future->result = result;
    future_wake(future, result);
}

static void run(void *arg)
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
        if (task->cancelled)
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
    future_set(&task->end, result);
    if (task->on_end != NULL)
        task->on_end(task->on_end_arg, result);
}

void task_start(
    struct task *task, struct coroutine *co, co_body *body, const char *name)
{
    co_start(co, body);
    *task = (struct task){ .co = co, .name = name };
    loop_soon(&task->call, run, task);
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
            error_text(task->end.result));
    return task->end.done;
}

void task_facts(size_t bytes)
{
    timing_fact("frame_bytes", (double)bytes);
    timing_fact("resumes", resumes);
}

// --- What a task can wait for ------------------------------------------------

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
    running->own = (struct future){ .done = error != 0, .result = error };
    return &running->own;
}

struct future *task_pause(double seconds)
{
    trace_await(TRACE_WAIT_TIMER, (long)(seconds * 1e3 + 0.5));
    running->own = (struct future){ .done = false };
    loop_pause(&running->call, seconds, on_ready, running);
    return &running->own;
}

void task_close(int fd)
{
    struct loop_watch *other = loop_other(&running->watch, fd);

    if (other != NULL && other->fn == on_ready) {
        fprintf(stderr, "task %s closes descriptor %d, and task %s waits for it\n",
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
    return &ready;
}

// Passes it on to the task that has waited longest: it is never free in between.
void lock_give(struct lock *lock)
{
    if (lock->holder != running)
        return;
    running->locks--;
    lock->holder = lock->queue.first;
    if (lock->holder == NULL)
        return;
    lock->holder->locks++;
    wake(lock->holder, 0);
}
