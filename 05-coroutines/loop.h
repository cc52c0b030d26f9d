// loop.h - an event loop: it waits for everything at once, and calls you.
//
//  1. One turn: make all calls (struct loop_call) that are due; wait for a
//     ready descriptor or the next call; call the watches of those ready.
//  2. loop_run() runs the callbacks. The functions that arm them never do.
//  3. Calls and watches fire once. Arming an armed one replaces the old values.
//     A callback that re-arms itself waits for the next turn, after the others.
//  4. Nothing is called early, nor after a cancel, even in the same turn.
//  5. The structs are yours: zeroed at first, and not moved while armed.
//  6. The loop has one thread. Other threads and signal handlers wake it with
//     pipe_poke() on a pipe (pipe.h) that a watch reads: no poke is lost.

#ifndef LOOP_H
#define LOOP_H

#include "selector.h"
#include "timers.h"
#include "trace.h"

typedef void loop_fn(void *arg);

struct loop_watch {
    loop_fn *fn; // NULL: not armed
    void *arg;
    int fd;
    int interest;
    int task; // for the trace
    bool in_background; // set by its owner: does not keep the loop running
};

struct loop_call {
    struct timer timer; // first, so that it can be cast to its loop_call
    loop_fn *fn;
    void *arg;
    int task; // for the trace
    bool is_pause; // ended by Ctrl-C
};

// `kind` is "epoll", "poll" or NULL for the better one. Returns 0 or a negative
// errno; call loop_free() in either case.
int loop_init(const char *kind);
void loop_free(void);

// Runs until only watches in the background are armed. Returns 0 or -errno.
int loop_run(void);
double loop_callback_start(void); // when the running callback began

// Calls fn(arg) when `fd` is ready for SELECT_READ, SELECT_WRITE or either. One
// watch may read and one may write. Returns 0, or an error of selector_set().
#define loop_on_fd(watch, fd, interest, fn, arg) \
    (trace(TRACE_WAIT_FD, TRACE_THIS, fd), \
        loop_watch_fd(watch, fd, interest, fn, arg))
int loop_watch_fd(
    struct loop_watch *watch, int fd, int interest, loop_fn *fn, void *arg);
void loop_cancel_fd(struct loop_watch *watch);

// Just before close(fd). Aborts if another watch, loop_other_watch(), waits.
void loop_forget(struct loop_watch *watch, int fd);
struct loop_watch *loop_other_watch(const struct loop_watch *watch, int fd);

// Calls fn(arg): at `at`; after `seconds`; then or at Ctrl-C; in the next turn.
void loop_at(struct loop_call *call, double at, loop_fn *fn, void *arg);
void loop_after(struct loop_call *call, double seconds, loop_fn *fn, void *arg);
void loop_pause(struct loop_call *call, double seconds, loop_fn *fn, void *arg);
void loop_soon(struct loop_call *call, loop_fn *fn, void *arg);
void loop_cancel(struct loop_call *call);

#endif
