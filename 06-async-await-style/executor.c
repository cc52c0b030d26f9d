// executor.c - a queue of jobs, and the threads that do them.

#include "executor.h"

#include "pipe.h"
#include "task.h"
#include "timing.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

// It outlives the task, which may be cancelled while fn runs.
struct job {
    struct job *next;
    int (*fn)(void *);
    void *arg;
    void (*abandon)(void *);
    int result;
    struct task *task; // who waits; NULL: nobody any more
    bool is_over; // the task has been told
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
// Under the mutex:
static struct job *todo;
static struct job **todo_end = &todo;
static struct job *done;
static int unfinished; // jobs
static bool closing;
// The loop's:
static pthread_t threads[EXECUTOR_THREADS];
static int num_threads;
static int awaited; // jobs
static int bell[2]; // poked when a job is done
static struct loop_watch watch;

// With the mutex: does one job, without it.
static void do_job(struct job *job)
{
    if (job->task != NULL) {
        pthread_mutex_unlock(&mutex);
        job->result = job->fn(job->arg);
        pthread_mutex_lock(&mutex);
    }
    unfinished--;
    if (job->task != NULL) {
        job->next = done;
        done = job;
        pipe_poke(bell[1]);
        return;
    }
    pthread_mutex_unlock(&mutex);
    if (job->abandon != NULL)
        job->abandon(job->arg);
    free(job);
    pthread_mutex_lock(&mutex);
}

static void *serve(void *unused)
{
    pthread_mutex_lock(&mutex);
    while (todo != NULL || !closing) {
        struct job *job = todo;
        if (job == NULL) {
            pthread_cond_wait(&changed, &mutex);
            continue;
        }
        todo = job->next;
        if (todo == NULL)
            todo_end = &todo;
        do_job(job);
    }
    pthread_mutex_unlock(&mutex);
    return unused;
}

// With the mutex: tells the tasks whose jobs are done.
static void collect(void)
{
    for (; done != NULL; done = done->next) {
        done->is_over = true;
        task_wake(done->task, 0);
    }
}

// The bell keeps the loop going as long as a task waits for it.
static void on_bell(void *unused)
{
    (void)unused;
    pipe_drain(bell[0]);
    pthread_mutex_lock(&mutex);
    collect();
    pthread_mutex_unlock(&mutex);
    if (awaited > 0)
        loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
}

// One more thread, if those there are have enough to do. Returns 0, or a
// negative errno: there is none at all.
static int start_thread(void)
{
    if (num_threads > unfinished || num_threads == EXECUTOR_THREADS)
        return 0;
    int error = num_threads == 0 ? pipe_open(bell) : 0;
    if (error != 0)
        return error;
    error = pthread_create(&threads[num_threads], NULL, serve, NULL);
    if (error == 0) {
        num_threads++;
        timing_threads(1);
    } else if (num_threads == 0) {
        pipe_close(bell);
        return -error;
    }
    return 0;
}

static int submit(struct job *job)
{
    pthread_mutex_lock(&mutex);
    int error = start_thread();
    if (error == 0) {
        *todo_end = job;
        todo_end = &job->next;
        unfinished++;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&mutex);
    return error;
}

async_int run_blocking(int (*fn)(void *), void *arg, void (*abandon)(void *))
{
    int n = task_may_wait();
    struct job *job = n == 0 ? malloc(sizeof(*job)) : NULL;

    if (n == 0 && job == NULL)
        n = -ENOMEM;
    if (job != NULL) {
        *job = (struct job){ .fn = fn, .arg = arg, .abandon = abandon };
        job->task = task_running();
        n = submit(job);
    }
    if (n != 0) {
        free(job);
        if (abandon != NULL)
            abandon(arg);
        return (async_int){ n };
    }
    awaited++;
    n = loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
    if (n == 0)
        n = await(task_wait("a thread"));
    if (--awaited == 0)
        loop_cancel_fd(&watch);
    // It may be over after all. If not, it is abandoned before it can be.
    pthread_mutex_lock(&mutex);
    collect();
    if (!job->is_over)
        job->task = NULL;
    bool is_over = job->is_over;
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
        timing_threads(-1);
    }
    if (num_threads > 0)
        pipe_close(bell);
    num_threads = 0;
    closing = false;
}
