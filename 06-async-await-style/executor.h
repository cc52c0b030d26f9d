// executor.h - a few threads, for calls that block and cannot be watched:
// files, name look-ups, long computations.

#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "async.h"

enum { EXECUTOR_THREADS = 4 }; // at most; each is started when it is needed

// Calls fn(arg) in one of the threads, and returns what it returns: 0 or more.
// A negative value says that nobody waits for it (-ECANCELED), or that it could
// not begin (-ENOMEM; -EAGAIN: no thread; what pipe_open() and loop_on_fd()
// refuse). Then abandon(arg), if there is one, is called once: by the thread
// when fn is over, or because it never began.
async_int run_blocking(int (*fn)(void *), void *arg, void (*abandon)(void *));

// Waits until the threads have done, abandoned calls included. For
// async_run()'s end alone.
void executor_close(void);

#endif
