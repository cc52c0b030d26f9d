// loop.c - calls in order of time, watches in a selector, one wait for both.

#include "loop.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <math.h>

static struct selector *selector;
static struct timers calls;
static int num_watches; // armed, without those in the background
static double now; // the time after the last callback or wait
static double turns;
static double longest_callback; // duration of a callback, in seconds
static struct loop_watch ctrl_c = { .in_background = true };

// Ctrl-C: pauses become due. Calls due at the same moment keep their order.
static void end_pauses(void *unused)
{
    (void)unused;
    struct timers rearmed = { .armed = calls.armed };
    struct timer *timer;

    while ((timer = timers_due(&calls, INFINITY)) != NULL) {
        bool is_over = ((struct loop_call *)timer)->is_pause;
        timer_arm(&rearmed, timer, is_over ? fmin(timer->at, now) : timer->at);
    }
    calls = rearmed;
}

int loop_init(const char *kind)
{
    selector = selector_new(kind, 0);
    if (selector == NULL)
        return -errno;
    int fd = interrupt_fd(); // one call only: after Ctrl-C it returns -1
    return fd < 0 ? 0
                  : loop_watch_fd(&ctrl_c, fd, SELECT_READ, end_pauses, NULL);
}

void loop_free(void)
{
    selector_free(selector);
    trace_fact("turns", turns);
    trace_fact("longest_callback_ms", longest_callback * 1e3);
}

int loop_watch_fd(
    struct loop_watch *watch, int fd, int interest, loop_fn *fn, void *arg)
{
    int error = selector_set(selector, fd, interest, watch);
    if (error != 0)
        return error;
    if (watch->fd != fd)
        loop_cancel_fd(watch);
    num_watches += watch->fn == NULL && !watch->in_background;
    *watch = (struct loop_watch){ fn, arg, fd, interest, trace_task(),
        watch->in_background };
    return 0;
}

// The descriptor stays registered: re-arming the watch needs no system call.
void loop_cancel_fd(struct loop_watch *watch)
{
    if (watch->fn == NULL)
        return;
    selector_leave(selector, watch->fd, watch);
    watch->fn = NULL;
    num_watches -= !watch->in_background;
}

struct loop_watch *loop_other_watch(const struct loop_watch *watch, int fd)
{
    return selector_other(selector, fd, watch);
}

void loop_forget(struct loop_watch *watch, int fd)
{
    loop_cancel_fd(watch);
    selector_forget(selector, fd, watch);
}

double loop_callback_start(void)
{
    return now;
}

// Not before `now`: a new call must not come before older ones that are due.
void loop_at(struct loop_call *call, double at, loop_fn *fn, void *arg)
{
    timer_arm(&calls, &call->timer, fmax(at, now));
    *call = (struct loop_call){ call->timer, fn, arg, trace_task(), false };
}

void loop_after(struct loop_call *call, double seconds, loop_fn *fn, void *arg)
{
    loop_at(call, clock_now() + seconds, fn, arg);
}

void loop_pause(struct loop_call *call, double seconds, loop_fn *fn, void *arg)
{
    loop_after(call, interrupted() ? 0 : seconds, fn, arg);
    call->is_pause = true;
}

void loop_soon(struct loop_call *call, loop_fn *fn, void *arg)
{
    timer_append(&calls, &call->timer, now);
    *call = (struct loop_call){ call->timer, fn, arg, trace_task(), false };
}

void loop_cancel(struct loop_call *call)
{
    timer_cancel(&calls, &call->timer);
}

static void call_back(loop_fn *fn, void *arg, int task)
{
    trace_resume(task);
    fn(arg);
    double end = clock_now();
    longest_callback = fmax(longest_callback, end - now);
    now = end;
}

// Calls that are armed in this turn are newer, and wait for the next turn.
static struct loop_call *next_due(uint64_t newest)
{
    const struct timer *first = timers_first(&calls);
    if (first == NULL || first->order > newest)
        return NULL;
    return (struct loop_call *)timers_due(&calls, now);
}

static void run_calls(void)
{
    uint64_t newest = calls.armed;
    struct loop_call *call;

    while ((call = next_due(newest)) != NULL)
        call_back(call->fn, call->arg, call->task);
}

static void run_watch(const struct selector_event *event)
{
    struct loop_watch *watch = event->data;

    if (watch == NULL) { // cancelled, and not armed again
        selector_set(selector, event->fd, 0, NULL);
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

    for (now = clock_now(); error == 0; turns++) {
        run_calls();
        if (num_watches == 0 && timers_first(&calls) == NULL)
            break;
        if (num_watches == 0 && clock_is_virtual())
            clock_jump(timers_next(&calls));
        error = selector_wait(selector, timers_next(&calls));
        now = clock_now();
        while (error == 0 && selector_next(selector, &event))
            run_watch(&event);
    }
    return error;
}
