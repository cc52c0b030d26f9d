// accidents.c - mistakes that await does not prevent. Three chapters are to be
// saved, a second each, and halfway through the Ox, the disk is full: a group
// prevents the first two mistakes. Then two chapters are read aloud.

#include "async.h"
#include "errors.h"

#include <errno.h>
#include <stdio.h>

static char *chapters[] = { "Cow", "Pig", "Ox" };
static double start;

static void say(const char *who, int error)
{
    printf("%.1f s  %s: %s\n", clock_now() - start, who,
        error == 0 ? "saved" : error_text(error));
}

static async_int save(void *chapter)
{
    bool is_ox = chapter == chapters[2];

    int error = await(task_pause(is_ox ? 0.5 : 1));
    if (error == 0 && is_ox)
        error = -ENOSPC;
    say(chapter, error);
    return (async_int){ error };
}

// Each is awaited before the next begins: nothing overlaps.
static async_int one_by_one(void)
{
    int error = 0;

    for (int i = 0; i < 3 && error == 0; i++)
        error = await(save(chapters[i]));
    return (async_int){ error };
}

// Returns without a wait: nothing has been saved yet, and no failure is known.
static async_int spawn_and_forget(void)
{
    for (int i = 0; i < 3; i++)
        spawn(NULL, save, chapters[i], chapters[i]);
    return (async_int){ 0 };
}

static async_int in_a_group(void)
{
    struct group group = { 0 };

    for (int i = 0; i < 3; i++)
        spawn(&group, save, chapters[i], chapters[i]);
    return (async_int){ await(group_wait(&group)) };
}

// Awaits, but never has to wait: the lock is free each time. So the other task
// has no turn, unless this one yields.
static bool yields;

static async_int read_aloud(void *chapter)
{
    static struct lock desk;

    for (int i = 0; i < 3; i++) {
        await(lock_take(&desk));
        printf(" %s", (char *)chapter);
        lock_give(&desk);
        if (yields)
            await(task_yield());
    }
    return (async_int){ 0 };
}

static async_int read_two(const char *how)
{
    struct group group = { 0 };

    printf("%s:", how);
    for (int i = 0; i < 2; i++)
        spawn(&group, read_aloud, chapters[i], chapters[i]);
    int error = await(group_wait(&group));
    printf("\n");
    return (async_int){ error };
}

static async_int save_all(void *unused)
{
    (void)unused;
    start = clock_now();
    printf("Sequential by accident:\n");
    say("All", await(one_by_one()));
    start = clock_now();
    printf("Concurrent by accident:\n");
    say("All", await(spawn_and_forget()));
    await(task_pause(2));
    start = clock_now();
    printf("On purpose:\n");
    say("All", await(in_a_group()));
    await(read_two("Greedy by accident"));
    yields = true;
    return (async_int){ await(read_two("Yielding on purpose")) };
}

int main(void)
{
    return async_run(NULL, save_all, NULL) != 0;
}
