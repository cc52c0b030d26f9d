// rockets.c - three countdowns at once, on one thread. Each is a plain loop
// that prints a number and waits a second; no loop steps all three. (After
// Brett Cannon's "How the heck does async/await work in Python 3.5?")

#include "async.h"

#include <stdio.h>

struct rocket {
    const char *name;
    int column;
    int delay;
    int from;
};

static double start;

static void say(const struct rocket *rocket, const char *text)
{
    printf("%2.0f s %*s %s: %s\n", clock_now() - start, rocket->column * 12, "",
        rocket->name, text);
    fflush(stdout);
}

static async_int launch(void *arg)
{
    const struct rocket *rocket = arg;
    char text[12];

    await(task_pause(rocket->delay));
    for (int n = rocket->from; n > 0; n--) {
        snprintf(text, sizeof(text), "%d", n);
        say(rocket, text);
        await(task_pause(1));
    }
    say(rocket, "lift-off!");
    return (async_int){ 0 };
}

static async_int countdown(void *unused)
{
    static struct rocket a = { "A", 0, .delay = 0, .from = 5 };
    static struct rocket b = { "B", 1, .delay = 2, .from = 3 };
    static struct rocket c = { "C", 2, .delay = 1, .from = 4 };
    struct group rockets = { 0 };

    (void)unused;
    start = clock_now();
    spawn(&rockets, launch, &a, "A");
    spawn(&rockets, launch, &b, "B");
    spawn(&rockets, launch, &c, "C");
    return (async_int){ await(group_wait(&rockets)) };
}

int main(void)
{
    return async_run(NULL, countdown, NULL) != 0;
}
