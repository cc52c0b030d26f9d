// together.c - waits for all animals, for the first one, or for a limited time.

#include "async.h"
#include "errors.h"

#include <stdio.h>

struct animal {
    const char *name;
    const char *sound;
    double seconds;
};

static struct animal herd[] = {
    { "cow", "Moo!", 1.5 },
    { "pig", "Oink!", 0.7 },
    { "bird", "Tweet!", 0.3 },
};
static double start;

static void say(const char *who, const char *what)
{
    printf("%.1f s  %s: %s\n", clock_now() - start, who, what);
}

// A cancelled task cannot wait any more, except in a shield.
static async_int ask(void *arg)
{
    const struct animal *animal = arg;

    int error = await(task_pause(animal->seconds));
    say(animal->name, error == 0 ? animal->sound : error_text(error));
    if (error != 0 && await(task_pause(0.2)) == 0)
        say(animal->name, "is not heard: it is still cancelled");
    if (error != 0 && await_shielded(task_pause(0.2)) == 0)
        say(animal->name, "closed the gate");
    return (async_int){ error };
}

static async_int ask_all(bool race)
{
    struct group group = { .race = race };

    start = clock_now();
    for (int i = 0; i < 3; i++)
        spawn(&group, ask, &herd[i], herd[i].name);
    return (async_int){ await(group_wait(&group)) };
}

static async_int together(void *unused)
{
    (void)unused;
    printf("All of them:\n");
    say("all", error_text(await(ask_all(false))));
    printf("The first one:\n");
    say("race", error_text(await(ask_all(true))));
    printf("The cow, but not for more than a second:\n");
    start = clock_now();
    say("within", error_text(await_within(1, ask(&herd[0]))));
    return (async_int){ 0 };
}

int main(void)
{
    return async_run(NULL, together, NULL) != 0;
}
