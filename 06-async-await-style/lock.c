// lock.c - locks and conditions: queues of tasks.

#include "task.h"

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
