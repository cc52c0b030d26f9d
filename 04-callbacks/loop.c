// loop.c - calls, watches, and a wait, round and round.

#include "loop.h"

#include "clock.h"
#include "interrupt.h"
#include "options.h"
#include "timing.h"

#include <errno.h>
#include <math.h>

static struct selector *selector;
static struct timers timers;
static struct timers pauses; // those that Ctrl-C ends
static int watches; // armed
static double turns;
static double longest; // callback, in seconds

int loop_init(const char *kind)
{
    selector = selector_new(kind, options_descriptors());
    if (selector == NULL)
        return -errno;
    // In nobody's name: it is enough that it ends the wait.
    if (interrupt_fd() >= 0)
        return selector_set(selector, interrupt_fd(), SELECT_READ, NULL);
    return 0;
}

void loop_free(void)
{
    selector_free(selector);
    timing_fact("turns", turns);
    timing_fact("longest_callback_ms", longest * 1e3);
}

int loop_watch_fd(
    struct loop_watch *watch, int fd, int interest, loop_fn *fn, void *arg)
{
    int error = selector_set(selector, fd, interest, watch);
    if (error != 0)
        return error;
    watches += watch->fn == NULL;
    *watch = (struct loop_watch){ fn, arg, fd, interest, trace_task() };
    return 0;
}

// The selector goes on watching, in nobody's name: being armed again for the
// same, as is usual, costs no system call then.
void loop_cancel_fd(struct loop_watch *watch)
{
    if (watch->fn == NULL)
        return;
    selector_set(selector, watch->fd, watch->interest, NULL);
    watch->fn = NULL;
    watches--;
}

void loop_forget(struct loop_watch *watch, int fd)
{
    loop_cancel_fd(watch);
    selector_forget(selector, fd);
}

static void arm(struct timers *kind, struct loop_call *call, double at,
    loop_fn *fn, void *arg)
{
    loop_cancel(call);
    timer_arm(kind, &call->timer, at);
    call->timers = kind;
    call->fn = fn;
    call->arg = arg;
    call->task = trace_task();
}

void loop_after(struct loop_call *call, double seconds, loop_fn *fn, void *arg)
{
    arm(&timers, call, clock_now() + seconds, fn, arg);
}

void loop_pause(struct loop_call *call, double seconds, loop_fn *fn, void *arg)
{
    arm(&pauses, call, clock_now() + (interrupted() ? 0 : seconds), fn, arg);
}

void loop_soon(struct loop_call *call, loop_fn *fn, void *arg)
{
    arm(&timers, call, 0, fn, arg);
}

void loop_cancel(struct loop_call *call)
{
    if (timer_is_armed(&call->timer))
        timer_cancel(call->timers, &call->timer);
}

static void call_back(loop_fn *fn, void *arg, int task)
{
    double start = clock_now();

    trace(TRACE_RUN, task, 0);
    fn(arg);
    longest = fmax(longest, clock_now() - start);
}

static void run_calls(struct timers *kind, double now)
{
    uint64_t newest = kind->armed; // what is armed from now on has to wait

    while (kind->first != NULL && kind->first->order <= newest) {
        struct loop_call *call = (void *)timers_due(kind, now);
        if (call == NULL)
            return;
        call_back(call->fn, call->arg, call->task);
    }
}

static void run_watch(const struct selector_event *event)
{
    struct loop_watch *watch = event->data;

    if (watch == NULL) {
        selector_set(selector, event->fd, 0, NULL); // nobody's any more
        return;
    }
    loop_fn *fn = watch->fn;
    trace(TRACE_READY, watch->task, event->fd);
    loop_cancel_fd(watch);
    call_back(fn, watch->arg, watch->task);
}

int loop_run(void)
{
    struct selector_event event;
    int error = 0;

    while (error == 0) {
        double now = clock_now();
        run_calls(&timers, now);
        run_calls(&pauses, interrupted() ? CLOCK_NEVER : now);
        double next = fmin(timers_next(&timers), timers_next(&pauses));
        if (watches == 0 && next >= CLOCK_NEVER)
            break;
        if (watches == 0 && clock_is_virtual())
            clock_jump(next);
        error = selector_wait(selector, next);
        while (error == 0 && selector_next(selector, &event))
            run_watch(&event);
        turns++;
    }
    return error;
}
