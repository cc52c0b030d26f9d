// executor.c - a queue of jobs, threads that do them, and a pipe, the bell,
// that makes the loop collect the results.

#include "executor.h"

#include "pipe.h"
#include "task.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

// A call of run_blocking(). May outlive the task, which can be cancelled while
// fn runs.
struct job {
    struct list_link link; // in `waiting` or `done`
    int (*fn)(void *);
    void *arg;
    void (*abandon)(void *);
    int result;
    struct task *task; // NULL: abandoned
    bool is_collected; // its result is here, and the task has been woken
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
// Under the mutex:
static struct list waiting; // jobs that no thread has begun
static struct list done; // jobs whose task has to be woken
static int unfinished; // jobs
static bool closing;
// For the loop's thread only, except bell[1]:
static pthread_t threads[EXECUTOR_THREADS];
static int num_threads;
static int num_awaited; // jobs
static int bell[2]; // a pipe: poked when a job is done
static struct loop_watch watch;

static struct job *take_first(struct list *jobs)
{
    struct job *job = LIST_FIRST(jobs, struct job, link);

    if (job != NULL)
        list_remove(jobs, &job->link);
    return job;
}

// Called with the mutex locked; unlocks it while fn or abandon runs.
static void do_job(struct job *job)
{
    if (job->task != NULL) {
        pthread_mutex_unlock(&mutex);
        job->result = job->fn(job->arg);
        pthread_mutex_lock(&mutex);
    }
    unfinished--;
    if (job->task != NULL) {
        list_append(&done, &job->link);
        pipe_poke(bell[1]);
        return;
    }
    pthread_mutex_unlock(&mutex);
    if (job->abandon != NULL)
        job->abandon(job->arg);
    free(job);
    pthread_mutex_lock(&mutex);
}

static void *thread_main(void *unused)
{
    pthread_mutex_lock(&mutex);
    while (waiting.first != NULL || !closing) {
        struct job *job = take_first(&waiting);
        if (job != NULL)
            do_job(job);
        else
            pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return unused;
}

// Called with the mutex locked. Wakes the tasks whose jobs are done.
static void collect(void)
{
    struct job *job;

    while ((job = take_first(&done)) != NULL) {
        job->is_collected = true;
        task_wake(job->task, 0);
    }
}

// While a task waits for a job, the bell is watched; this keeps the loop
// running.
static void on_bell(void *unused)
{
    (void)unused;
    pipe_drain(bell[0]);
    pthread_mutex_lock(&mutex);
    collect();
    pthread_mutex_unlock(&mutex);
    if (num_awaited > 0)
        loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
}

// Starts another thread if each of the present ones has a job. Returns 0, or a
// negative errno if there is no thread at all.
static int start_thread(void)
{
    if (num_threads > unfinished || num_threads == EXECUTOR_THREADS)
        return 0;
    int error = num_threads == 0 ? pipe_open(bell) : 0;
    if (error != 0)
        return error;
    error = pthread_create(&threads[num_threads], NULL, thread_main, NULL);
    if (error == 0) {
        num_threads++;
        trace_threads(1);
    } else if (num_threads == 0) {
        pipe_close(bell);
        return -error;
    }
    return 0;
}

// Queues a new job. Returns 0, or a negative errno: nothing was queued.
static int submit(struct job **job, int (*fn)(void *), void *arg,
    void (*abandon)(void *))
{
    *job = malloc(sizeof(**job));
    if (*job == NULL)
        return -ENOMEM;
    **job = (struct job){ .fn = fn, .arg = arg, .abandon = abandon };
    (*job)->task = task_running();
    pthread_mutex_lock(&mutex);
    int error = start_thread();
    if (error == 0) {
        list_append(&waiting, &(*job)->link);
        unfinished++;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&mutex);
    if (error != 0)
        free(*job);
    return error;
}

async_int run_blocking(int (*fn)(void *), void *arg, void (*abandon)(void *))
{
    struct job *job;
    int n = task_prepare_wait();

    if (n == 0)
        n = submit(&job, fn, arg, abandon);
    if (n != 0) {
        if (abandon != NULL)
            abandon(arg);
        return (async_int){ n };
    }
    num_awaited++;
    n = loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
    if (n == 0)
        n = await(task_wait("a thread"));
    if (--num_awaited == 0)
        loop_cancel_fd(&watch);
    // The job may have finished in the meantime. If not, abandon it while we
    // hold the mutex; the thread then frees it.
    pthread_mutex_lock(&mutex);
    collect();
    bool is_over = job->is_collected;
    if (!is_over)
        job->task = NULL;
    pthread_mutex_unlock(&mutex);
    if (is_over) {
        n = job->result;
        free(job);
    }
    return (async_int){ n };
}

void executor_close(void)
{
    pthread_mutex_lock(&mutex);
    closing = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < num_threads; i++) {
        pthread_join(threads[i], NULL);
        trace_threads(-1);
    }
    if (num_threads > 0)
        pipe_close(bell);
    num_threads = 0;
    closing = false;
}
