// wait.c - the waits: descriptors, pauses, deadlines, locks, conditions.

#include "task.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_ready(void *task)
{
    task_wake(task, 0);
}

static int wait_for_fd(
    int fd, int interest, const char *waiting_for, double deadline)
{
    int error = task_prepare_wait();

    if (error == 0 && clock_now() >= deadline)
        error = -ETIMEDOUT;
    if (error == 0)
        error = loop_watch_fd(
            &async_running->watch, fd, interest, on_ready, async_running);
    if (error != 0)
        return error;
    async_running->fd = fd;
    return task_wait_until(waiting_for, deadline, -ETIMEDOUT, false);
}

async_int readable(int fd, double deadline)
{
    return (async_int){ wait_for_fd(fd, SELECT_READ, "readable", deadline) };
}

async_int writable(int fd, double deadline)
{
    return (async_int){ wait_for_fd(fd, SELECT_WRITE, "writable", deadline) };
}

void task_forget(int fd)
{
    struct task *task = async_running;
    struct loop_watch *watch = loop_other_watch(&task->watch, fd);

    if (watch != NULL && watch->fn == on_ready) {
        struct task *other = watch->arg;
        fprintf(stderr,
            "%s(%s) closes descriptor %d, and %s(%s) waits for it\n",
            task->function, task->name, fd, other->function, other->name);
        tasks_dump();
        abort();
    }
    loop_forget(&task->watch, fd);
}

void task_close(int fd)
{
    task_forget(fd);
    if (fd >= 0)
        close(fd);
}

async_int task_pause(double seconds)
{
    double end = interrupted() ? 0 : clock_now() + seconds;
    int n = task_prepare_wait();
    if (n == 0)
        n = task_wait_until("a pause", end, 0, true);
    return (async_int){ n };
}

async_int task_yield(void)
{
    return (async_int){ await(task_pause(0)) };
}

// --- Scopes: await_within() and await_shielded() -----------------------------

void scope_open(struct scope *scope, double seconds, bool is_shield)
{
    double deadline = is_shield ? CLOCK_NEVER : clock_now() + fmax(seconds, 0);

    *scope = (struct scope){ async_running->scope, deadline, is_shield, false };
    async_running->scope = scope;
    async_running->shields += is_shield;
}

int scope_close(struct scope *scope, int n)
{
    async_running->scope = scope->outer;
    async_running->shields -= scope->is_shield;
    return n == -ECANCELED && scope->has_expired ? -ETIMEDOUT : n;
}

// --- Queues of tasks ---------------------------------------------------------

static int wait_in(struct list *queue, const char *waiting_for)
{
    async_running->queue = queue;
    list_append(queue, &async_running->waiter_link);
    return task_wait_until(waiting_for, CLOCK_NEVER, 0, false);
}

void waiters_wake(struct list *queue, int result)
{
    while (queue->first != NULL)
        task_wake(LIST_MEMBER(queue->first, struct task, waiter_link), result);
}

static void hold(struct lock *lock, struct task *task)
{
    lock->holder = task;
    if (task != NULL)
        task->locks++;
}

async_int lock_take(struct lock *lock)
{
    int n = task_prepare_wait();
    if (n == 0 && lock->holder != NULL) {
        trace_await(TRACE_WAIT_LOCK, 0);
        n = wait_in(&lock->waiters, "a lock");
    } else if (n == 0) {
        hold(lock, async_running);
    }
    return (async_int){ n };
}

// Hands the lock over to the task that has waited longest, so that no other
// task can take it in between.
void lock_give(struct lock *lock)
{
    if (lock->holder != async_running)
        return;
    async_running->locks--;
    hold(lock, LIST_FIRST(&lock->waiters, struct task, waiter_link));
    if (lock->holder != NULL)
        task_wake(lock->holder, 0);
}

async_int condition_wait(struct condition *condition)
{
    int n = task_prepare_wait();
    if (n == 0)
        n = wait_in(&condition->waiters, "a condition");
    return (async_int){ n };
}

void condition_signal(struct condition *condition)
{
    struct task *task =
        LIST_FIRST(&condition->waiters, struct task, waiter_link);

    if (task != NULL)
        task_wake(task, 0);
}

void condition_broadcast(struct condition *condition)
{
    waiters_wake(&condition->waiters, 0);
}
