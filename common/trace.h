// trace.h - what happened, in order: which task ran, which waited, for what,
// and where in the source.
//
// Off unless trace_open() was called; then every call below becomes a line in
// the Chrome Trace Event format, which ui.perfetto.dev, chrome://tracing and
// speedscope read. A task is a number: an animal's place in the list, a
// crawler's worker, both from 0; -1 is a thread that does no task's work, as
// the loop. Each task is a track: `tid` is its number + 2, "thread_name" its
// name. Times are in microseconds since timing_start(), as those of the spans.
//
// Facts, in the order in which they happened. They are instants ("ph":"i"),
// but for the waits: those begin a slice ("B"), if a task waits.
//
//     turn            poll() or the selector has returned; what follows until
//                     the next one happens in this turn. (In a poll() loop of
//                     one's own, the first turn comes before the first poll().)
//     ready           `fd`, which the task waits for, is ready
//     wake            another task (`by`; -1: the loop) has made it ready
//     run             this thread goes on with the task. It is recorded at the
//                     first thing the task does, and ends its wait.
//     ask             a fetch begins, of `url`; then it is
//     connected,      has received its first bytes (answer), and is over, as it
//     answer,         should be or not (fetched)
//     fetched
//     wait fd         the task waits for the descriptor `fd`,
//     wait timer      for `timer` milliseconds,
//     wait lock       for a lock, which it may get at once,
//     wait condition  until something has changed: a crawler's worker, a page
//     lock, unlock    the task has the screen; it gives it back
//     letter          the code point `letter` was typed; 10 ends a line
//     done            the animal was asked, and typed what it said; or a page
//                     needs no other try: its `url` and `status`
//
// Each has in `args` the `task`, the `thread` (from 0), the place (`at`:
// "fetch.c:41") and the function it is in (`in`). Where the engine knows which
// await waits, `at` is its place, and `chain` are all the awaits the task is
// in, the innermost first: "fetch.c:53 await(receive(fd, ...))".
//
// Slices nest, and all of them end: "fetch" from ask to fetched, "typing" from
// lock to unlock, and in or between them the waits. Their ends ("E") have no
// arguments.

#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>

enum trace_kind {
    TRACE_TURN,
    TRACE_READY,
    TRACE_WAKE,
    TRACE_RUN, // from here on, what a task does itself
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

// In place of a task's number:
enum {
    TRACE_THIS = -2, // the task this thread runs
    TRACE_WATCHER = -3, // the one that waited for `about` before, or this one
    TRACE_WORKER = -4, // this one; in a thread without, the thread's number
};

struct trace_site {
    const char *file;
    const char *func; // NULL: not known
    int line;
};

#define TRACE_HERE (&(struct trace_site){ __FILE__, __func__, __LINE__ })
#define TRACE_SITE (trace_is_on ? TRACE_HERE : NULL) // costs nothing when off

// Records one event. `about` is the descriptor, the milliseconds, the code
// point or the status, 0 where there is nothing to tell. Costs one test when
// tracing is off.
#define trace(kind, task, about) \
    (trace_is_on ? (void)trace_record(kind, task, about, TRACE_HERE) : (void)0)

// For engines: this thread goes on with this task.
#define trace_resume(task) (trace_is_on ? trace_resumed(task) : (void)0)

// For engines: the running task begins to wait, in the innermost await.
#define trace_await(kind, about) \
    (trace_is_on ? (void)trace_record(kind, TRACE_THIS, about, NULL) : (void)0)

// For engines without a chain of awaits: here is one.
#define trace_await_here() (trace_is_on ? trace_awaits(TRACE_HERE) : (void)0)

// For a poll() of one's own: a turn begins, and these of n are ready.
#define trace_polled(polls, n) \
    (trace_is_on ? trace_poll(polls, n, TRACE_HERE) : (void)0)

// For engines: a number about the whole run, such as "turns" (the last value
// counts); one thread more or less. Nothing happens unless a report asks for
// them, by setting the two functions below.
#define trace_fact(name, value) \
    (trace_on_fact != NULL ? trace_on_fact(name, value) : (void)0)
#define trace_threads(change) \
    (trace_on_threads != NULL ? trace_on_threads(change) : (void)0)

extern void (*trace_on_fact)(const char *name, double value);
extern void (*trace_on_threads)(int change);

extern bool trace_is_on;

// An engine's chain of awaits: link number i of the running task, 0 is the
// innermost, with the call as `func`; -1 is the innermost one that is not the
// engine's own. Returns false if there is none.
extern bool (*trace_chain)(int i, struct trace_site *site);

// The moment of clock_now() that is zero; else it is that of trace_open().
void trace_zero(double moment);

// Writes to `path` from now on. Returns 0 or a negative errno.
int trace_open(const char *path);

// Returns the moment of clock_now() at which this was recorded. Of two waits in
// a row of the same task and kind, the second replaces the first: it is the
// same wait, first announced by common/, then begun by the engine, which knows
// the await. Without a site (NULL), the place is that of the innermost await.
double trace_record(
    enum trace_kind kind, int task, long about, const struct trace_site *site);

void trace_resumed(int task);
void trace_awaits(const struct trace_site *site);

struct pollfd;
void trace_poll(const struct pollfd *polls, int n, const struct trace_site *at);

// A task was resumed and does something: the place of its `run`.
void trace_touch(const struct trace_site *site);

// What this thread asks for next, or has asked for: borrowed until then.
void trace_url(const char *url);

// The task that the calling thread runs, or -1.
int trace_task(void);

// The number of the calling thread: 0 for the first one that asks, and so on.
int trace_thread(void);

// Gives a task the name that viewers show. One without is a "worker 3".
void trace_name(int task, const char *name);

// Completes the file. Returns 0 or a negative errno if not all was written.
int trace_close(void);

#endif
