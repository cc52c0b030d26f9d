// loop.h - an event loop: it waits for everything at once, and calls you.
//
//  1. One turn: the calls that are due, in order; then a wait until one more is
//     due or a descriptor is ready; then the watches of what is ready.
//  2. A callback runs from the loop, on the loop's thread, never from inside
//     the call that armed it.
//  3. Everything fires once. What is armed again while it is armed is moved.
//     A callback that arms itself again waits for the next turn: none starves.
//  4. What was cancelled is not called, even if it was ready in this very turn.
//     Cancelling what is not armed does nothing.
//  5. A call is never early, and late by what the callbacks before it take.
//  6. The structs are yours, zeroed at first, and stay where they are while
//     armed. So waiting allocates nothing, and only the kernel can refuse it.
//  7. The loop ends when nothing is armed but watches in the background.
//  8. All of this is for one thread. Others, and signal handlers, wake the loop
//     with pipe_poke() on a pipe (pipe.h) it watches: no poke is lost.

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
    bool in_background; // set by its owner: does not keep the loop going
};

struct loop_call {
    struct timer timer; // first: its address is the call's
    loop_fn *fn;
    void *arg;
    int task; // for the trace
    bool is_pause; // that Ctrl-C ends
};

// `kind` is "epoll", "poll" or NULL. Returns 0 or a negative errno.
int loop_init(const char *kind);
void loop_free(void);

// Turns until nothing is armed. Returns 0, or a negative errno: cannot wait.
int loop_run(void);
double loop_since(void); // when the callback that runs has begun

// When `fd` is ready for SELECT_READ, SELECT_WRITE or either. Of two watches of
// a descriptor one may read and one write. Returns 0, or what selector_set()
// refuses.
#define loop_on_fd(watch, fd, interest, fn, arg) \
    (trace(TRACE_WAIT_FD, TRACE_THIS, fd), \
        loop_watch_fd(watch, fd, interest, fn, arg))
int loop_watch_fd(
    struct loop_watch *watch, int fd, int interest, loop_fn *fn, void *arg);
void loop_cancel_fd(struct loop_watch *watch);

// Just before close(fd). Aborts if loop_other(): another watch waits for it.
void loop_forget(struct loop_watch *watch, int fd);
struct loop_watch *loop_other(const struct loop_watch *watch, int fd);

// At a moment; in so many seconds; a pause, that Ctrl-C ends; in the next turn.
void loop_at(struct loop_call *call, double at, loop_fn *fn, void *arg);
void loop_after(struct loop_call *call, double seconds, loop_fn *fn, void *arg);
void loop_pause(struct loop_call *call, double seconds, loop_fn *fn, void *arg);
void loop_soon(struct loop_call *call, loop_fn *fn, void *arg);
void loop_cancel(struct loop_call *call);

#endif
