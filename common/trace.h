// trace.h - what happened, in order: who ran, who waited for what and where.
//
// Off unless trace_open() was called; then every call below becomes one event
// in the Chrome Trace Event format (chrome://tracing, ui.perfetto.dev), an
// instant with the thread as `tid` and in `args` the task, the place in the
// source ("fetch:41") and what it was about:
//
//     run      this thread goes on with this task
//     wait     the task waits: for an fd, a timer or a lock
//     ready    what it waited for has come
//     wake     somebody else made the task ready to run
//     lock     the task holds the lock
//     unlock   and gives it back
//     letter   one letter was typed
//     done     the task has ended
//
// A task is a number: an animal's place in the list, a crawler's worker; -1 if
// it is neither.

#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

enum trace_kind {
    TRACE_RUN,
    TRACE_WAIT_FD,
    TRACE_WAIT_TIMER,
    TRACE_WAIT_LOCK,
    TRACE_READY,
    TRACE_WAKE,
    TRACE_LOCK,
    TRACE_UNLOCK,
    TRACE_LETTER,
    TRACE_DONE,
};

enum { TRACE_THIS = -2 }; // the task this thread runs, set by TRACE_RUN

// Records one event. `about` is the descriptor, the milliseconds or the code
// point of the letter, 0 where there is nothing to say. Costs one test when
// tracing is off.
#define trace(kind, task, about) \
    (trace_is_on ? trace_record(kind, task, about, __func__, __LINE__) \
                 : (void)0)

extern bool trace_is_on;

// Writes to `path` from now on. Returns 0 or a negative errno.
int trace_open(const char *path);

void trace_record(
    enum trace_kind kind, int task, long about, const char *func, int line);

// The task that the calling thread runs.
int trace_task(void);

// The number of the calling thread: 1 for the first one that asks, and so on.
int trace_thread(void);

// Gives a task the name that viewers show.
void trace_name(int task, const char *name);

// Completes the file. Returns 0 or a negative errno if not all was written.
int trace_close(void);

#endif
