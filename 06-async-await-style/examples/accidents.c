// accidents.c - two mistakes that await does not prevent, and the group that
// prevents both. Three chapters are to be saved, a second each; halfway through
// the third, "Ox", the disk is full.

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
    return (async_int){ 0 };
}

int main(void)
{
    return async_run(NULL, save_all, NULL) != 0;
}
