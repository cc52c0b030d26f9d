// countdown.c - three acts: an iterator, a generator, a generator that listens.

#include "coroutine.h"

#include <stdint.h>
#include <stdio.h>

// Act 1. An iterator is an object that finds the next value. We keep the place.
struct iterator {
    int at;
};

static bool iterator_next(struct iterator *iterator, int *value)
{
    *value = iterator->at;
    return iterator->at-- > 0;
}

// Acts 2 and 3. A generator is a function that stops at each value; the macros
// keep the place. If a number is sent, the countdown continues from there.
struct countdown {
    struct coroutine co;
    intptr_t at;
};

static enum co_state countdown(struct coroutine *co)
{
    CO_FRAME(struct countdown, c, co);

    CO_BEGIN(co);
    for (; c->at > 0; c->at--) {
        CO_YIELD(co, (void *)c->at);
        if (CO_VALUE(co) != NULL)
            c->at = (intptr_t)CO_VALUE(co) + 1;
    }
leave:
    printf(" (cleanup)");
    CO_END(co, "liftoff");
}

static void start(struct countdown *c, int from)
{
    c->at = from;
    co_start(&c->co, countdown);
}

int main(void)
{
    struct iterator iterator = { 3 };
    struct countdown c;
    int value;

    printf("Act 1, an iterator:");
    while (iterator_next(&iterator, &value))
        printf(" %d", value);
    printf("\nAct 2, a generator:");
    start(&c, 3);
    while (co_send(&c.co, NULL))
        printf(" %d", (int)(intptr_t)c.co.value);
    printf(" %s; its frame is %zu bytes\n", (char *)c.co.value, sizeof(c));
    printf("Act 3, it listens:");
    start(&c, 10);
    co_send(&c.co, NULL); // runs to the first stop: only there can it listen
    printf(" %d", (int)(intptr_t)c.co.value);
    co_send(&c.co, (void *)(intptr_t)3);
    printf(" %d", (int)(intptr_t)c.co.value);
    co_send(&c.co, NULL);
    printf(" %d, closed:", (int)(intptr_t)c.co.value);
    co_close(&c.co);
    printf("\n");
    return 0;
}
