// run_blocking.c - a file cannot be watched, and some calls can only block. A
// thread can make such a call, and await() can wait for the thread.

#include "async.h"
#include "errors.h"
#include "executor.h"

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

static async_int tick(void *unused)
{
    (void)unused;
    while (await(task_pause(0.01)) == 0)
        ticks++;
    return (async_int){ 0 };
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
    fclose(file);
    return error != 0;
}
