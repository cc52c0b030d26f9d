// executor.h - a few threads for calls that block and have no descriptor to
// wait for: files, name look-ups, long computations.

#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "async.h"

enum { EXECUTOR_THREADS = 4 }; // at most; started when needed

// Calls fn(arg) in one of the threads and returns its result. Errors:
// -ECANCELED if the task is cancelled before fn has returned; -ENOMEM, -EAGAIN
// (no thread), or an error of pipe_open() or loop_watch_fd(). After an error
// the task no longer waits for fn, and abandon(arg), unless NULL, is called one
// time: immediately if nothing was queued, otherwise by a thread, after fn or
// instead of it.
async_int run_blocking(int (*fn)(void *), void *arg, void (*abandon)(void *));

// Waits until all jobs are done, abandoned ones included, and ends the threads.
// Only async_run() calls this, at its end.
void executor_close(void);

#endif
