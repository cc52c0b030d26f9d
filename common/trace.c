// trace.c - writes one JSON object per line into a buffer, under one mutex: the
// order of the lines is the order of the events, even with several threads. A
// track for each task holds the slices that have begun and must end.

#include "trace.h"

#include "clock.h"
#include "json.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *about;
} kinds[] = {
    [TRACE_TURN] = { "turn", NULL },
    [TRACE_READY] = { "ready", "fd" },
    [TRACE_WAKE] = { "wake", NULL },
    [TRACE_RUN] = { "run", NULL },
    [TRACE_ASK] = { "ask", NULL },
    [TRACE_CONNECTED] = { "connected", NULL },
    [TRACE_ANSWER] = { "answer", NULL },
    [TRACE_FETCHED] = { "fetched", NULL },
    [TRACE_WAIT_FD] = { "wait fd", "fd" },
    [TRACE_WAIT_TIMER] = { "wait timer", "timer" },
    [TRACE_WAIT_LOCK] = { "wait lock", NULL },
    [TRACE_WAIT_CONDITION] = { "wait condition", NULL },
    [TRACE_LOCK] = { "lock", NULL },
    [TRACE_UNLOCK] = { "unlock", NULL },
    [TRACE_LETTER] = { "letter", "letter" },
    [TRACE_DONE] = { "done", "status" },
};

void (*trace_on_fact)(const char *name, double value);
void (*trace_on_threads)(int change);
bool trace_is_on;
bool (*trace_chain)(int i, struct trace_site *site);

static double zero = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int num_threads;
static _Thread_local int this_thread = -1;
static _Thread_local int this_task = -1;
static _Thread_local bool run_is_due; // this_task was resumed: `run` is next
static _Thread_local const char *this_url;
static _Thread_local struct trace_site this_await;

// The slices of a task that have begun.
struct track {
    bool is_named;
    bool is_fetching;
    bool is_typing;
    int wait_kind; // of the current wait; 0: none
    int watched_fd; // the last descriptor waited for; 0: none
};

// All variables below are under the mutex.
static FILE *out;
static struct track *tracks; // indexed by task
static int num_tracks;
static int *watchers; // by descriptor: the task that waits for it, plus 1
static int num_watchers;

// Lines are composed without printf(), which would be several times slower.
enum {
    BUFFER_SIZE = 1 << 16,
    MAX_EVENT = 1 << 15, // the most that write_event() adds
    MAX_URL = 8192,
    MAX_CALL = 120, // characters of an awaited call
    MAX_CHAIN = 16,
};
static char lines[BUFFER_SIZE];
static size_t used;

// The last wait written: can be replaced as long as no other line follows.
static struct {
    size_t begin; // in `lines`
    size_t end;
    int task;
    double time;
    long about;
} last_wait;

// --- Writing -----------------------------------------------------------------

static void put(const char *text)
{
    size_t n = strlen(text);

    memcpy(lines + used, text, n);
    used += n;
}

static void put_number(long long n, int digits)
{
    char reversed[24];
    int i = 0;

    if (n < 0) {
        lines[used++] = '-';
        n = -n;
    }
    for (; n > 0 || i < digits; n /= 10)
        reversed[i++] = (char)('0' + n % 10);
    while (i > 0)
        lines[used++] = reversed[--i];
}

// Source code and URLs are plain ASCII: other bytes become question marks.
static void put_text(const char *text, int most)
{
    for (; *text != '\0' && most > 0; text++, most--) {
        if (*text == '"' || *text == '\\')
            lines[used++] = '\\';
        lines[used++] = *text >= ' ' && *text <= '~' ? *text : '?';
    }
}

static void put_place(const struct trace_site *site)
{
    const char *slash = strrchr(site->file, '/');

    put_text(slash != NULL ? slash + 1 : site->file, MAX_CALL);
    put(":");
    put_number(site->line, 1);
}

static void put_head(const char *name, const char *ph, double now, int task)
{
    long long ns = (long long)((now - zero) * 1e9 + 0.5);

    put(",\n{\"name\":\"");
    put(name);
    put("\",\"ph\":\"");
    put(ph);
    put("\",\"ts\":");
    put_number(ns / 1000, 1);
    put(".");
    put_number(ns % 1000, 3);
    put(",\"pid\":1,\"tid\":");
    put_number(task + 2, 1);
}

static void put_slice(const char *name, const char *ph, double now, int task)
{
    put_head(name, ph, now, task);
    put("}");
}

static void put_chain(void)
{
    struct trace_site link;

    put(",\"chain\":[");
    for (int i = 0; i < MAX_CHAIN && trace_chain(i, &link); i++) {
        put(i > 0 ? ",\"" : "\"");
        put_place(&link);
        put(" await(");
        put_text(link.func, MAX_CALL);
        put(")\"");
    }
    put("]");
}

static bool is_wait(enum trace_kind kind)
{
    return kind >= TRACE_WAIT_FD && kind <= TRACE_WAIT_CONDITION;
}

static void put_event(enum trace_kind kind, double now, int task, long about,
    const struct trace_site *site)
{
    bool begins = is_wait(kind) && task >= 0;

    put_head(kinds[kind].name, begins ? "B" : "i\",\"s\":\"t", now, task);
    put(",\"args\":{\"task\":");
    put_number(task, 1);
    put(",\"thread\":");
    put_number(trace_thread(), 1);
    put(",\"at\":\"");
    put_place(site);
    if (site->func != NULL) {
        put("\",\"in\":\"");
        put_text(site->func, MAX_CALL);
    }
    put("\"");
    if (kinds[kind].about != NULL && (kind != TRACE_DONE || about != 0)) {
        put(",\"");
        put(kinds[kind].about);
        put("\":");
        put_number(about, 1);
    }
    if (kind == TRACE_WAKE) {
        put(",\"by\":");
        put_number(this_task != task ? this_task : -1, 1); // -1: the loop
    }
    if ((kind == TRACE_ASK || kind == TRACE_DONE) && this_url != NULL) {
        put(",\"url\":\"");
        put_text(this_url, MAX_URL);
        put("\"");
        this_url = NULL;
    }
    if (is_wait(kind) && trace_chain != NULL)
        put_chain();
    put("}}");
}

static void flush(void)
{
    fwrite(lines, 1, used, out);
    used = 0;
    last_wait.task = -1; // a wait that has been flushed cannot be replaced
}

// --- Tracks ------------------------------------------------------------------

// Makes room for at least n elements of `size` bytes; new elements are zeroed.
// Returns the array, unchanged if there is no memory.
static void *grow(void *array, int *num, int n, size_t size)
{
    int more = n < *num * 2 ? *num * 2 : n + 16;
    char *grown = realloc(array, (size_t)more * size);

    if (grown == NULL)
        return array;
    memset(grown + (size_t)*num * size, 0, (size_t)(more - *num) * size);
    *num = more;
    return grown;
}

// Returns NULL for task -1, or without memory: then no slices are written.
static struct track *track_of(int task)
{
    if (task < 0)
        return NULL;
    if (task >= num_tracks)
        tracks = grow(tracks, &num_tracks, task + 1, sizeof(*tracks));
    return task < num_tracks ? &tracks[task] : NULL;
}

static void put_name(int task, const char *name)
{
    flush();
    fprintf(out,
        ",\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":%d,"
        "\"args\":{\"task\":%d,\"name\":",
        task + 2, task);
    json_string(out, slice_of(name));
    fputs("}}", out);
}

static struct track *named_track_of(int task)
{
    struct track *track = track_of(task);
    char name[32];

    if (track != NULL && !track->is_named) {
        snprintf(name, sizeof(name), "worker %d", task);
        put_name(task, name);
        track->is_named = true;
    }
    return track;
}

static int watcher_of(long fd)
{
    return fd >= 0 && fd < num_watchers ? watchers[fd] - 1 : -1;
}

static void set_watched_fd(struct track *track, int task, int fd)
{
    if (track->watched_fd > 0 && watcher_of(track->watched_fd) == task)
        watchers[track->watched_fd] = 0;
    track->watched_fd = fd;
    if (fd >= num_watchers)
        watchers = grow(watchers, &num_watchers, fd + 1, sizeof(*watchers));
    if (fd > 0 && fd < num_watchers)
        watchers[fd] = task + 1;
}

static void end_wait(struct track *track, double now, int task)
{
    if (track == NULL || track->wait_kind == 0)
        return;
    put_slice(kinds[track->wait_kind].name, "E", now, task);
    track->wait_kind = 0;
}

static void set_slice(
    bool *is_open, bool opens, const char *name, double now, int task)
{
    if (*is_open)
        put_slice(name, "E", now, task);
    *is_open = opens;
    if (opens)
        put_slice(name, "B", now, task);
}

static void end_slices(struct track *track, double now, int task)
{
    end_wait(track, now, task);
    set_slice(&track->is_typing, false, "typing", now, task);
    set_slice(&track->is_fetching, false, "fetch", now, task);
}

// Begins and ends slices after an event has been written.
static void update_slices(
    struct track *track, enum trace_kind kind, double now, int task, long about)
{
    switch (kind) {
    case TRACE_RUN: end_wait(track, now, task); break;
    case TRACE_ASK:
        set_slice(&track->is_fetching, true, "fetch", now, task);
        break;
    case TRACE_FETCHED:
        set_watched_fd(track, task, 0);
        set_slice(&track->is_fetching, false, "fetch", now, task);
        break;
    case TRACE_LOCK:
        set_slice(&track->is_typing, true, "typing", now, task);
        break;
    case TRACE_UNLOCK:
        set_slice(&track->is_typing, false, "typing", now, task);
        break;
    case TRACE_DONE: end_slices(track, now, task); break;
    default: break;
    }
    if (is_wait(kind))
        track->wait_kind = (int)kind;
    if (kind == TRACE_WAIT_FD)
        set_watched_fd(track, task, (int)about);
}

// --- Recording ---------------------------------------------------------------

// The number of a task, given a number or TRACE_THIS and the like.
static int task_number(int task, long about)
{
    if (task == TRACE_WATCHER && watcher_of(about) >= 0)
        return watcher_of(about);
    if (task == TRACE_WORKER && this_task < 0 && !run_is_due)
        this_task = trace_thread();
    return task < -1 ? this_task : task;
}

// Is the task run by this thread already waiting, according to its track?
static bool is_waiting(const struct track *track, int task)
{
    return !run_is_due && task == this_task && track != NULL
        && track->wait_kind != 0;
}

static void find_await(struct trace_site *site)
{
    if (trace_chain == NULL || !trace_chain(-1, site))
        *site = this_await;
    else
        site->func = NULL; // trace_chain() sets the call, not the function
    if (site->file == NULL)
        site->file = "?";
}

static void write_event(enum trace_kind kind, double now, int task, long about,
    const struct trace_site *site)
{
    struct track *track = named_track_of(task);
    bool by_task = kind >= TRACE_RUN; // caused by the task itself

    if (used > BUFFER_SIZE - MAX_EVENT)
        flush();
    if (by_task && kind != TRACE_RUN
        && (run_is_due || task != this_task
            || (track != NULL && track->wait_kind != 0)))
        write_event(TRACE_RUN, now, task, 0, site);
    if (by_task) {
        this_task = task;
        run_is_due = false;
    }
    if (kind == TRACE_TURN)
        this_task = -1;
    size_t begin = used;
    put_event(kind, now, task, about, site);
    if (track != NULL)
        update_slices(track, kind, now, task, about);
    if (!is_wait(kind))
        return;
    last_wait.begin = begin;
    last_wait.end = used;
    last_wait.task = task;
    last_wait.time = now;
    last_wait.about = about;
}

static double record(
    enum trace_kind kind, int task, long about, const struct trace_site *site)
{
    bool is_this = task == TRACE_THIS || task == TRACE_WORKER;
    bool is_worker = task == TRACE_WORKER;
    struct trace_site await;
    double now = clock_now();

    task = task_number(task, about);
    if (is_worker && task < 0)
        return now; // the task is not known
    struct track *track = track_of(task);
    if (is_this && (is_wait(kind) || kind == TRACE_DONE)
        && is_waiting(track, task)) {
        // A task that waits cannot begin another wait. If this event is not the
        // same wait recorded again, then another, unknown task has caused it.
        if (track->wait_kind != (int)kind || last_wait.task != task
            || last_wait.end != used)
            return now;
        used = last_wait.begin; // replace the first record of the wait
        track->wait_kind = 0;
        now = last_wait.time;
        about = last_wait.about;
    }
    if (site == NULL) {
        find_await(&await);
        site = &await;
    }
    write_event(kind, now, task, about, site);
    return now;
}

double trace_record(
    enum trace_kind kind, int task, long about, const struct trace_site *site)
{
    pthread_mutex_lock(&mutex);
    double now = record(kind, task, about, site);
    pthread_mutex_unlock(&mutex);
    return now;
}

void trace_poll(const struct pollfd *polls, int n, const struct trace_site *at)
{
    trace_record(TRACE_TURN, -1, 0, at);
    for (int i = 0; i < n; i++) {
        if (polls[i].revents != 0 && polls[i].fd >= 0)
            trace_record(TRACE_READY, TRACE_WATCHER, polls[i].fd, at);
    }
}

void trace_resumed(int task)
{
    this_task = task;
    run_is_due = true;
}

void trace_run_if_due(const struct trace_site *site)
{
    if (run_is_due && this_task >= 0)
        trace_record(TRACE_RUN, this_task, 0, site);
}

void trace_set_await(const struct trace_site *site)
{
    this_await = *site;
}

void trace_url(const char *url)
{
    this_url = url;
}

int trace_task(void)
{
    return this_task;
}

int trace_thread(void)
{
    if (this_thread < 0)
        this_thread = atomic_fetch_add(&num_threads, 1);
    return this_thread;
}

// --- The file ----------------------------------------------------------------

void trace_zero(double moment)
{
    zero = moment;
}

int trace_open(const char *path)
{
    out = fopen(path, "w");
    if (out == NULL)
        return -errno;
    if (zero < 0)
        zero = clock_now();
    fputs("[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,"
          "\"args\":{\"name\":\"six ways to wait\"}}",
        out);
    put_name(-1, "loop");
    trace_is_on = true;
    return 0;
}

void trace_name(int task, const char *name)
{
    if (!trace_is_on)
        return;
    pthread_mutex_lock(&mutex);
    struct track *track = track_of(task);
    if (track != NULL)
        track->is_named = true;
    put_name(task, name);
    pthread_mutex_unlock(&mutex);
}

int trace_close(void)
{
    if (!trace_is_on)
        return 0;
    trace_is_on = false;
    for (int task = 0; task < num_tracks; task++) {
        end_slices(&tracks[task], clock_now(), task);
        if (used > BUFFER_SIZE - MAX_EVENT)
            flush();
    }
    flush();
    free(tracks);
    free(watchers);
    tracks = NULL;
    watchers = NULL;
    num_tracks = num_watchers = 0;
    fputs("\n]\n", out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        return -EIO;
    return 0;
}
