// gather.c - several tasks at once: all of them, and the first of them.
//
// Three acts, with three runners. First, all run home. Then the bird stumbles,
// so the cow need not run on. Last, the first runner home wins, and the
// others are called back.

#include "gather.h"

#include "clock.h"
#include "errors.h"

#include <errno.h>
#include <stdio.h>

struct runner {
    struct coroutine co;
    struct task task;
    const char *name;
    double seconds;
    bool stumbles;
};

static struct runner runners[] = {
    { .name = "cow", .seconds = 0.3 },
    { .name = "bird", .seconds = 0.2 },
    { .name = "rooster", .seconds = 0.1 },
};

enum { RUNNERS = sizeof(runners) / sizeof(*runners) };

static double start; // of the act

static enum co_state run(struct coroutine *co)
{
    CO_FRAME(struct runner, r, co);
    int result = -ECANCELED; // unless we get past the only wait

    CO_BEGIN(co);
    AWAIT(co, task_pause(r->seconds));
    result = r->stumbles ? -EIO : (int)(r - runners);
    printf("%.1f s  the %s %s\n", clock_now() - start, r->name,
        r->stumbles ? "stumbles" : "is home");
leave:
    if (result == -ECANCELED)
        printf("%.1f s  the %s is called back\n", clock_now() - start, r->name);
    TASK_END(co, result);
}

// Starts all runners; `how` is gather() or first_of(). Returns the result.
static int race(struct future *how(struct gather *, struct task **, int))
{
    struct task *tasks[RUNNERS];
    struct gather g;

    start = clock_now();
    for (int i = 0; i < RUNNERS; i++) {
        task_start(&runners[i].task, &runners[i], run, runners[i].name);
        tasks[i] = &runners[i].task;
    }
    struct future *end = how(&g, tasks, RUNNERS);
    loop_run();
    return end->result;
}

int main(void)
{
    if (loop_init(NULL) != 0)
        return 1;
    puts("All of them:");
    printf("gather() returns %d\n", race(gather));
    puts("One fails:");
    runners[1].stumbles = true;
    printf("gather() returns \"%s\"\n", error_text(race(gather)));
    puts("The first of them:");
    int winner = race(first_of);
    printf("first_of() returns %d, the %s\n", winner, runners[winner].name);
    loop_free();
    return 0;
}
