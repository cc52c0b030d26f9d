// queue.h - a semaphore, and a bounded queue made of two.
//
// The queue holds pointers in an array of its user. queue_put() waits while the
// queue is full, queue_get() while the queue is empty, and queue_join() until
// queue_done() was called for each item. All return 0 or -ECANCELED.

#ifndef QUEUE_H
#define QUEUE_H

#include "async.h"

// A number of permits. semaphore_take() waits until a permit is left.
struct semaphore {
    int left;
    struct condition given;
};

static inline async_int semaphore_take(struct semaphore *s)
{
    int error = 0;

    while (s->left == 0 && error == 0)
        error = await(condition_wait(&s->given));
    if (error == 0)
        s->left--;
    return (async_int){ error };
}

static inline void semaphore_give(struct semaphore *s)
{
    s->left++;
    condition_signal(&s->given);
}

struct queue {
    void **items;
    unsigned size;
    unsigned num_put; // so far
    unsigned num_taken;
    struct semaphore places; // free
    struct semaphore filled;
    int unfinished; // items: put, and not done
    struct condition finished;
};

// For an array of pointers.
#define QUEUE(array) \
    { .items = (array), .size = sizeof(array) / sizeof(*(array)), \
        .places.left = sizeof(array) / sizeof(*(array)) }

static inline void queue_append(struct queue *q, void *item)
{
    q->items[q->num_put++ % q->size] = item;
    q->unfinished++;
    semaphore_give(&q->filled);
}

static inline async_int queue_put(struct queue *q, void *item)
{
    int error = await(semaphore_take(&q->places));
    if (error == 0)
        queue_append(q, item);
    return (async_int){ error };
}

// As queue_put(), but never waits: returns false if the queue is full.
static inline bool queue_offer(struct queue *q, void *item)
{
    if (q->places.left == 0)
        return false;
    q->places.left--;
    queue_append(q, item);
    return true;
}

static inline async_int queue_get(struct queue *q, void **item)
{
    int error = await(semaphore_take(&q->filled));
    if (error == 0) {
        *item = q->items[q->num_taken++ % q->size];
        semaphore_give(&q->places);
    }
    return (async_int){ error };
}

// The work for one item has ended: call this after a failure too, or
// queue_join() waits forever.
static inline void queue_done(struct queue *q)
{
    if (--q->unfinished == 0)
        condition_broadcast(&q->finished);
}

static inline async_int queue_join(struct queue *q)
{
    int error = 0;

    while (q->unfinished > 0 && error == 0)
        error = await(condition_wait(&q->finished));
    return (async_int){ error };
}

#endif
