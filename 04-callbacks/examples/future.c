// future.c - act 1: a callback, wrapped into a future. Act 2: errors have a
// lane of their own, past the steps, to the join. Time is virtual.

#include "future.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>

// --- Act 1: three people ask for one result ----------------------------------

struct person {
    struct waiter waiter;
    const char *name;
};

static struct future moo;

static void hear(void *arg)
{
    struct person *p = LIST_MEMBER(arg, struct person, waiter);
    printf("%.1f s  %s hears: %s\n", clock_now(), p->name, moo.result);
}

static void ask(void *arg)
{
    struct person *p = arg;
    printf("%.1f s  %s asks\n", clock_now(), p->name);
    p->waiter.future = &moo;
    p->waiter.on_set = hear;
    future_ask(&p->waiter);
}

// The callback that the future wraps.
static void on_answer(void *unused)
{
    (void)unused;
    printf("%.1f s  the cow answers\n", clock_now());
    future_set(&moo, "Moo!", NULL);
    printf("%.1f s  the future is set, and nobody has run yet\n", clock_now());
}

// --- Act 2: an answer, a step, a join; and the pig does not answer -----------

struct animal {
    const char *sound;
    const char *error;
    struct future answer;
    struct future typed;
    struct waiter step; // for the answer
    struct waiter joined; // for the step
};

enum { ANIMALS = 3 };

static struct animal herd[ANIMALS] = {
    { .sound = "Tweet!" },
    { .error = "the pig is asleep" },
    { .sound = "Moo!" },
};
static int running = ANIMALS;
static int missing_results = ANIMALS; // what a join that forgets errors counts

static void type(void *arg)
{
    struct animal *a = LIST_MEMBER(arg, struct animal, step);
    if (a->answer.error == NULL) // an error skips the step, and goes on
        printf("typed: %s\n", a->answer.result);
    future_set(&a->typed, a->answer.result, a->answer.error);
}

static void join(void *arg)
{
    struct animal *a = LIST_MEMBER(arg, struct animal, joined);
    if (a->typed.error != NULL)
        printf("joined: %s\n", a->typed.error);
    missing_results -= a->typed.error == NULL;
    if (--running == 0)
        printf("All have ended. A join of results alone waits for %d more, "
               "for ever\n", missing_results);
}

int main(void)
{
    static struct person ann = { .name = "Ann" };
    static struct person bob = { .name = "Bob" };
    static struct person late = { .name = "Late Luke" };
    static struct loop_call cow;
    static struct loop_call luke;

    setenv("CLOCK", "virtual", 1);
    if (loop_init(NULL) != 0)
        return 1;
    loop_after(&cow, 1.5, on_answer, NULL);
    ask(&ann);
    ask(&bob);
    loop_after(&luke, 2, ask, &late);
    int error = loop_run();
    for (struct animal *a = herd; a < herd + ANIMALS; a++) {
        a->step = (struct waiter){ .future = &a->answer, .on_set = type };
        a->joined = (struct waiter){ .future = &a->typed, .on_set = join };
        future_ask(&a->step);
        future_ask(&a->joined);
        future_set(&a->answer, a->sound, a->error);
    }
    if (error == 0)
        error = loop_run();
    loop_free();
    return error != 0;
}
