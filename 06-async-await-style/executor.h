// executor.h - a few threads for calls that block and have no descriptor to
// wait for: files, name look-ups, long computations.

#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "async.h"

enum { EXECUTOR_THREADS = 4 }; // at most; started when needed

// Calls fn(arg) in one of the threads and returns its result, which must not be
// negative. Returns -ECANCELED if the task is cancelled; -ENOMEM, -EAGAIN (no
// thread) or an error of pipe_open() or loop_on_fd() if fn could not begin.
// After any of these errors abandon(arg), unless NULL, is called once: by the
// thread when fn has returned, or at once if fn was never called.
async_int run_blocking(int (*fn)(void *), void *arg, void (*abandon)(void *));

// Waits until all jobs are done, abandoned ones included, and ends the threads.
// Only async_run() calls this, at its end.
void executor_close(void);

#endif
