// park.c - measures the cost of starting N coroutine frames, tasks or threads
// and leaving all of them waiting.
//
//     build/bench/park frame|stack|thread N
//
// Prints the number started, microseconds and resident bytes for each, and the
// error if fewer than N could be started.

#include "async.h"
#include "coroutine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (double)(pages * sysconf(_SC_PAGESIZE));
}

static double time_before;
static double resident_before;

static void begin(void)
{
    resident_before = resident();
    time_before = now();
}

static void report(long n, const char *error)
{
    double seconds = now() - time_before;

    printf("%ld\t%.3f\t%.0f\t%s\n", n, seconds / (double)n * 1e6,
        (resident() - resident_before) / (double)n, error);
    fflush(stdout);
    _exit(0); // without waking or freeing thousands of waiters
}

// --- Frames: a coroutine with the locals of a fetch --------------------------

struct frame {
    struct coroutine co;
    char locals[200];
};

static enum co_state park_frame(struct coroutine *co)
{
    CO_BEGIN(co);
    CO_YIELD(co, NULL);
leave:
    CO_END(co, NULL);
}

static void park_frames(long n)
{
    begin();
    for (long i = 0; i < n; i++) {
        struct frame *frame = malloc(sizeof(*frame));
        if (frame == NULL)
            report(i, strerror(errno));
        co_start(&frame->co, park_frame);
        co_send(&frame->co, NULL);
    }
    report(n, "");
}

// --- Stacks: a task that waits for a condition -------------------------------

static struct condition never;
static long parked;
static long wanted;

static async_int park_task(void *unused)
{
    (void)unused;
    parked++;
    return (async_int){ await(condition_wait(&never)) };
}

static async_int park_tasks(void *unused)
{
    struct group group = { .race = false };

    (void)unused;
    begin();
    for (long i = 0; i < wanted; i++)
        spawn(&group, park_task, NULL, "");
    await(task_yield()); // lets all tasks begin
    report(parked, parked < wanted ? strerror(ENOMEM) : "");
    return (async_int){ await(group_wait(&group)) };
}

// --- Threads: a thread that waits for a condition variable -------------------

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *park_thread(void *unused)
{
    pthread_mutex_lock(&mutex);
    parked++;
    for (;;)
        pthread_cond_wait(&changed, &mutex);
    return unused;
}

static long threads_parked(void)
{
    pthread_mutex_lock(&mutex);
    long n = parked;
    pthread_mutex_unlock(&mutex);
    return n;
}

static void park_threads(long n)
{
    pthread_t thread;
    int error = 0;
    long i = 0;

    begin();
    for (; i < n; i++) {
        error = pthread_create(&thread, NULL, park_thread, NULL);
        if (error != 0)
            break;
    }
    while (threads_parked() < i)
        usleep(100);
    report(i, error != 0 ? strerror(error) : "");
}

int main(int argc, char **argv)
{
    wanted = argc == 3 ? atol(argv[2]) : 0;
    if (wanted < 1) {
        fprintf(stderr, "usage: park frame|stack|thread N\n");
        return 2;
    }
    if (strcmp(argv[1], "frame") == 0)
        park_frames(wanted);
    else if (strcmp(argv[1], "stack") == 0)
        async_run(NULL, park_tasks, NULL);
    else
        park_threads(wanted);
    return 1;
}
