// run_blocking.c - a file cannot be watched, and some calls can only block. A
// thread can make such a call, and await() can wait for the thread. A long
// computation does not wait, but holds up the loop as well: a thread helps too.

#include "errors.h"
#include "executor.h"
#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static char line[64];
static int ticks;

static int read_file(void *file)
{
    return fgets(line, sizeof(line), file) != NULL ? 0 : -EIO;
}

static int sleep_for_real(void *unused)
{
    (void)unused;
    return nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
}

static int compute(void *unused)
{
    clock_t end = clock() + CLOCKS_PER_SEC * 3 / 10; // of this process's CPU

    (void)unused;
    while (clock() < end)
        ;
    return 0;
}

static async_int tick(void *unused)
{
    (void)unused;
    while (await(task_pause(0.01)) == 0)
        ticks++;
    return (async_int){ 0 };
}

static async_int in_a_thread(void *unused)
{
    return (async_int){ await(run_blocking(sleep_for_real, unused, NULL)) };
}

static async_int act_3(void)
{
    struct group jobs = { 0 };
    struct url url = { .host = { "localhost", 9 }, .port = 80 };
    const struct address *address;

    int before = ticks;
    compute(NULL);
    printf("0.3 s of computing: %d ticks meanwhile\n", ticks - before);
    await(run_blocking(compute, NULL, NULL));
    printf("The same in a thread: %d ticks meanwhile\n", ticks - before);
    for (int i = 0; i < 5; i++)
        spawn(&jobs, in_a_thread, NULL, "");
    await(task_yield()); // all five have asked for a thread, and four have one
    double start = clock_now();
    await(look_up(&url, 0, &address));
    printf("A look-up behind five calls of 0.3 s, on %d threads: %.1f s\n",
        EXECUTOR_THREADS, clock_now() - start);
    return (async_int){ await(group_wait(&jobs)) };
}

static async_int try_it(void *file)
{
    struct group clocks = { 0 };

    int error = await(readable(fileno(file), CLOCK_NEVER));
    printf("readable(a file): %s\n",
        error != 0 ? error_text(error) : "at once; poll() says so of any file");
    error = await(run_blocking(read_file, file, NULL));
    printf("run_blocking(read): %s\n", error != 0 ? error_text(error) : line);

    spawn(&clocks, tick, NULL, "every 10 ms");
    await(task_yield()); // the clock begins
    sleep_for_real(NULL);
    printf("A call that blocks for 0.3 s: %d ticks meanwhile\n", ticks);
    await(run_blocking(sleep_for_real, NULL, NULL));
    printf("The same call in a thread: %d ticks meanwhile\n", ticks);
    await(act_3());
    group_cancel(&clocks);
    return (async_int){ await(group_wait(&clocks)) };
}

int main(void)
{
    FILE *file = tmpfile();

    if (file == NULL)
        return 1;
    fputs("The cow says \"Moo!\".", file);
    rewind(file);
    int error = async_run(NULL, try_it, file);
    net_forget();
    fclose(file);
    return error != 0;
}
