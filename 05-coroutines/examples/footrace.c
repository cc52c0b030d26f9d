// footrace.c - a judge calls out faults to a runner. Delegating by hand loses
// the values that are sent. CO_FROM (Python's `yield from`, PEP 380) passes
// values both ways, and the return value comes back.

#include "coroutine.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct lap {
    struct coroutine co;
    intptr_t faults;
    int place;
};

// The runner: yields places, counts the faults that are sent, returns the
// count.
static enum co_state lap(struct coroutine *co)
{
    static const char *const places[] = { "start", "bend", "straight" };
    CO_FRAME(struct lap, l, co);

    CO_BEGIN(co);
    for (l->place = 0; l->place < 3; l->place++) {
        CO_YIELD(co, (void *)(uintptr_t)places[l->place]);
        l->faults += CO_VALUE(co) != NULL;
    }
leave:
    CO_END(co, (void *)l->faults);
}

struct race {
    struct coroutine co;
    struct lap lap;
};

// The wrong way: a loop that passes values out, and sends nothing in.
static enum co_state by_hand(struct coroutine *co)
{
    CO_FRAME(struct race, r, co);

    CO_BEGIN(co);
    co_start(&r->lap.co, lap);
    while (co_send(&r->lap.co, NULL))
        CO_YIELD(co, r->lap.co.value);
leave:
    CO_END(co, r->lap.co.value);
}

static enum co_state delegating(struct coroutine *co)
{
    CO_FRAME(struct race, r, co);

    CO_BEGIN(co);
    CO_FROM(co, &r->lap.co, lap);
leave:
    CO_END(co, CO_VALUE(co));
}

static void judge(const char *name, co_body *body)
{
    struct race race;
    void *call = NULL;

    memset(&race, 0, sizeof(race));
    co_start(&race.co, body);
    printf("%s:", name);
    while (co_send(&race.co, call)) {
        printf(" %s", (char *)race.co.value);
        call = strcmp(race.co.value, "bend") == 0 ? "fault" : NULL;
        if (call != NULL)
            printf(" (fault!)");
    }
    printf("; faults counted: %d\n", (int)(intptr_t)race.co.value);
}

int main(void)
{
    judge("by hand", by_hand);
    judge("yield from", delegating);
    return 0;
}
