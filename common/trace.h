// trace.h - records which task ran, which task waited, for which event, and
// where in the source.
//
// Off unless trace_open() was called. Then each event is written as a line in
// the Chrome Trace Event format, readable by ui.perfetto.dev, chrome://tracing
// and speedscope. A task is a number from 0: the place of an animal in the
// list, or a worker of the crawler. Task -1 stands for a thread outside any
// task, such as the loop. Each task has a track, with the task's number + 2 as
// `tid` and the task's name as "thread_name". Times are in microseconds since
// timing_start(), on the same clock as the spans (timing.h).
//
// The events, written in the order in which they happened, are instants
// ("ph":"i"); only the wait of a task begins a slice ("B"):
//
//     turn            poll() or the selector has returned. All events until the
//                     next turn belong to this turn. (A program with its own
//                     poll() loop also records a turn before its first poll().)
//     ready           `fd`, for which the task waits, is ready
//     wake            another task (`by`; -1: the loop) has made the task ready
//     run             the thread continues the task, and the task's wait ends;
//                     recorded together with the task's next event
//     ask             a fetch of `url` begins
//     connected       the fetch has a connection
//     answer          the fetch has received the first bytes
//     fetched         the fetch is over, with or without an error
//     wait fd         the task waits for the descriptor `fd`
//     wait timer      the task waits for `timer` milliseconds
//     wait lock       the task waits for a lock, perhaps for no time at all
//     wait condition  the task waits for a change: a worker of the crawler, for
//                     example, for a new page
//     lock, unlock    the task gets the screen; the task releases the screen
//     letter          the code point `letter` was typed; 10 ends a line
//     done            the animal's line has been typed, or the animal has no
//                     line; or a page is finished, with `url` and `status`
//
// Each event has in `args` the `task`, the `thread` (from 0), the place (`at`:
// "fetch.c:41") and the function (`in`). If the engine (the loop and the tasks
// of a stage) knows the await in which the task waits, `at` is the place of
// that await, and `chain` lists all awaits that the task is in, innermost
// first: "fetch.c:53 await(receive(fd, ...))".
//
// Slices nest, and every slice ends: "fetch" lasts from ask to fetched,
// "typing" from lock to unlock; waits are inside or between these. The end of a
// slice ("E") has no arguments.

#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>

enum trace_kind {
    TRACE_TURN,
    TRACE_READY,
    TRACE_WAKE,
    TRACE_RUN, // from here on: events caused by the task itself
    TRACE_ASK,
    TRACE_CONNECTED,
    TRACE_ANSWER,
    TRACE_FETCHED,
    TRACE_WAIT_FD,
    TRACE_WAIT_TIMER,
    TRACE_WAIT_LOCK,
    TRACE_WAIT_CONDITION,
    TRACE_LOCK,
    TRACE_UNLOCK,
    TRACE_LETTER,
    TRACE_DONE,
};

// Values in place of a task's number:
enum {
    TRACE_THIS = -2, // the task run by this thread
    TRACE_WATCHER = -3, // the task that last waited for the descriptor `about`;
                        // if there is none, as TRACE_THIS
    TRACE_WORKER = -4, // as TRACE_THIS; in a thread that runs no task, the task
                       // with the thread's number
};

// A place in the source.
struct trace_site {
    const char *file;
    const char *func; // NULL: not known
    int line;
};

#define TRACE_HERE (&(struct trace_site){ __FILE__, __func__, __LINE__ })
#define TRACE_SITE (trace_is_on ? TRACE_HERE : NULL)

// Records an event. `about` is the descriptor, the milliseconds, the code point
// or the status, depending on `kind`; otherwise 0. Costs one test if tracing is
// off.
#define trace(kind, task, about) \
    (trace_is_on ? (void)trace_record(kind, task, about, TRACE_HERE) : (void)0)

// For engines: this thread continues the task.
#define trace_resume(task) (trace_is_on ? trace_resumed(task) : (void)0)

// For engines: the running task begins to wait, in its innermost await.
#define trace_await(kind, about) \
    (trace_is_on ? (void)trace_record(kind, TRACE_THIS, about, NULL) : (void)0)

// For engines without trace_chain: this line is the innermost await.
#define trace_await_here() (trace_is_on ? trace_set_await(TRACE_HERE) : (void)0)

// For a program with its own poll(): a turn begins; records all ready entries.
#define trace_polled(polls, n) \
    (trace_is_on ? trace_poll(polls, n, TRACE_HERE) : (void)0)

// For engines. trace_fact() sets a number about the whole run, such as "turns"
// (the last value counts); trace_threads() counts a thread that starts (+1) or
// ends (-1). Both do nothing unless a report has set the two functions below.
#define trace_fact(name, value) \
    (trace_on_fact != NULL ? trace_on_fact(name, value) : (void)0)
#define trace_threads(change) \
    (trace_on_threads != NULL ? trace_on_threads(change) : (void)0)

extern void (*trace_on_fact)(const char *name, double value);
extern void (*trace_on_threads)(int change);

extern bool trace_is_on;

// Set by an engine: finds await number i of the running task, 0 being the
// innermost, and sets *site, with the text of the awaited call as `func`.
// Number -1 is the innermost await outside the engine's own code. Returns false
// if there is no such await.
extern bool (*trace_chain)(int i, struct trace_site *site);

// Makes `moment`, a time of clock_now(), the zero of all times in the trace.
// The default is the time of trace_open().
void trace_zero(double moment);

// Starts writing to `path`. Returns 0 or a negative errno.
int trace_open(const char *path);

// Records an event and returns its time, as of clock_now(). A wait may be
// recorded twice in a row: first by common/, then by the engine, which knows
// the await; the second record then replaces the first. If `site` is NULL, the
// place is that of the innermost await.
double trace_record(
    enum trace_kind kind, int task, long about, const struct trace_site *site);

void trace_resumed(int task);
void trace_set_await(const struct trace_site *site);

struct pollfd;
void trace_poll(const struct pollfd *polls, int n, const struct trace_site *at);

// If the running task has been resumed and its `run` is not yet recorded,
// records it, with this place.
void trace_run_if_due(const struct trace_site *site);

// Sets the URL for this thread's next `ask` or `done`; borrowed until then.
void trace_url(const char *url);

// The task run by the calling thread, or -1.
int trace_task(void);

// The number of the calling thread; threads are numbered in the order in which
// they first call this.
int trace_thread(void);

// Gives a task a name to show in viewers; the default is "worker 3".
void trace_name(int task, const char *name);

// Completes the file. Returns 0, or a negative errno if any write has failed.
int trace_close(void);

#endif
