// trace.c - one JSON object a line, under one mutex: with several threads the
// order in the file is the order in which they recorded.

#include "trace.h"

#include "clock.h"
#include "json.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static const struct {
    const char *name;
    const char *about;
} kinds[] = {
    [TRACE_RUN] = { "run", NULL },
    [TRACE_WAIT_FD] = { "wait", "fd" },
    [TRACE_WAIT_TIMER] = { "wait", "timer" },
    [TRACE_WAIT_LOCK] = { "wait", "lock" },
    [TRACE_READY] = { "ready", "fd" },
    [TRACE_WAKE] = { "wake", NULL },
    [TRACE_LOCK] = { "lock", NULL },
    [TRACE_UNLOCK] = { "unlock", NULL },
    [TRACE_LETTER] = { "letter", "letter" },
    [TRACE_DONE] = { "done", NULL },
};

bool trace_is_on;

static FILE *out;
static double start;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int num_threads;
static _Thread_local int this_thread;
static _Thread_local int this_task;

int trace_open(const char *path)
{
    out = fopen(path, "w");
    if (out == NULL)
        return -errno;
    start = clock_now();
    fputs("[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,"
          "\"args\":{\"name\":\"six ways to wait\"}}",
        out);
    trace_is_on = true;
    return 0;
}

int trace_task(void)
{
    return this_task;
}

int trace_thread(void)
{
    if (this_thread == 0)
        this_thread = atomic_fetch_add(&num_threads, 1) + 1;
    return this_thread;
}

void trace_record(
    enum trace_kind kind, int task, long about, const char *func, int line)
{
    if (task == TRACE_THIS)
        task = this_task;
    if (kind == TRACE_RUN)
        this_task = task;

    pthread_mutex_lock(&mutex);
    fprintf(out,
        ",\n{\"name\":\"%s\",\"ph\":\"i\",\"s\":\"t\",\"ts\":%.1f,\"pid\":1,"
        "\"tid\":%d,\"args\":{\"task\":%d,\"at\":\"%s:%d\"",
        kinds[kind].name, (clock_now() - start) * 1e6, trace_thread(), task,
        func, line);
    if (kinds[kind].about != NULL)
        fprintf(out, ",\"%s\":%ld", kinds[kind].about, about);
    fputs("}}", out);
    pthread_mutex_unlock(&mutex);
}

void trace_name(int task, const char *name)
{
    if (!trace_is_on)
        return;
    pthread_mutex_lock(&mutex);
    fprintf(out,
        ",\n{\"name\":\"task_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"task\":%"
        "d,"
        "\"name\":",
        task);
    json_string(out, slice_of(name));
    fputs("}}", out);
    pthread_mutex_unlock(&mutex);
}

int trace_close(void)
{
    if (!trace_is_on)
        return 0;
    trace_is_on = false;
    fputs("\n]\n", out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        return -EIO;
    return 0;
}
