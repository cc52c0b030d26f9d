// wait.c - what a task can wait for: descriptors, time, locks, conditions.

#include "task.h"

#include "interrupt.h"

#include <errno.h>

static void on_ready(void *task)
{
    task_wake(task, 0);
}

static int wait_for_fd(int fd, int interest, double deadline)
{
    const char *what = interest == SELECT_READ ? "readable" : "writable";
    int error = task_may_wait();

    if (error == 0 && clock_now() >= deadline)
        error = -ETIMEDOUT;
    if (error == 0)
        error = loop_on_fd(&running->watch, fd, interest, on_ready, running);
    if (error != 0)
        return error;
    running->fd = fd;
    return task_wait_until(what, deadline, -ETIMEDOUT, false);
}

async_int readable(int fd, double deadline)
{
    return (async_int){ wait_for_fd(fd, SELECT_READ, deadline) };
}

async_int writable(int fd, double deadline)
{
    return (async_int){ wait_for_fd(fd, SELECT_WRITE, deadline) };
}

void task_forget(int fd)
{
    loop_forget(&running->watch, fd);
}

async_int task_pause(double seconds)
{
    double end = interrupted() ? 0 : clock_now() + seconds;
    int n = task_may_wait();
    if (n == 0)
        n = task_wait_until("a pause", end, 0, true);
    return (async_int){ n };
}

async_int task_yield(void)
{
    return (async_int){ await(task_pause(0)) };
}

// --- Queues of tasks ---------------------------------------------------------

static int wait_in(struct waiters *queue, const char *what)
{
    running->queue = queue;
    running->behind = NULL;
    running->before = queue->last;
    *(queue->last ? &queue->last->behind : &queue->first) = running;
    queue->last = running;
    return task_wait_until(what, CLOCK_NEVER, 0, false);
}

async_int lock_take(struct lock *lock)
{
    int n = task_may_wait();
    if (n == 0 && lock->holder != NULL)
        n = wait_in(&lock->waiters, "a lock");
    else if (n == 0)
        lock->holder = running;
    return (async_int){ n };
}

// Passes it on to who waits longest: it is never free in between.
void lock_give(struct lock *lock)
{
    if (lock->holder != running)
        return;
    lock->holder = lock->waiters.first;
    if (lock->holder != NULL)
        task_wake(lock->holder, 0);
}

async_int condition_wait(struct condition *condition)
{
    int n = task_may_wait();
    if (n == 0)
        n = wait_in(&condition->waiters, "a condition");
    return (async_int){ n };
}

void condition_signal(struct condition *condition)
{
    if (condition->waiters.first != NULL)
        task_wake(condition->waiters.first, 0);
}

void condition_broadcast(struct condition *condition)
{
    while (condition->waiters.first != NULL)
        condition_signal(condition);
}
