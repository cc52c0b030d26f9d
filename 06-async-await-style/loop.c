// loop.c - calls, watches, and a wait, round and round.

#include "loop.h"

#include "clock.h"
#include "interrupt.h"
#include "process.h"
#include "timing.h"

#include <errno.h>
#include <math.h>

static struct selector *selector;
static struct timers calls;
static int watches; // armed, but for those in the background
static double now; // as of the last callback, or the last wait
static double turns;
static double longest; // callback, in seconds
static struct loop_watch ctrl_c = { .in_background = true };

// Every pause is over. Taken out and armed again, the calls stay in order.
static void hurry(void *unused)
{
    (void)unused;
    struct timers again = { .armed = calls.armed };
    struct timer *timer;

    while ((timer = timers_due(&calls, INFINITY)) != NULL) {
        bool is_over = ((struct loop_call *)timer)->is_pause;
        timer_arm(&again, timer, is_over ? fmin(timer->at, now) : timer->at);
    }
    calls = again;
}

int loop_init(const char *kind)
{
    selector = selector_new(kind, process_raise_descriptor_limit());
    if (selector == NULL)
        return -errno;
    int fd = interrupt_fd(); // asked once: Ctrl-C may come at any moment
    return fd >= 0 ? loop_watch_fd(&ctrl_c, fd, SELECT_READ, hurry, NULL) : 0;
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
    if (watch->fd != fd)
        loop_cancel_fd(watch);
    watches += watch->fn == NULL && !watch->in_background;
    *watch = (struct loop_watch){ fn, arg, fd, interest, trace_task(),
        watch->in_background };
    return 0;
}

// The selector watches on, for nobody: armed again, it costs no system call.
void loop_cancel_fd(struct loop_watch *watch)
{
    if (watch->fn == NULL)
        return;
    selector_leave(selector, watch->fd, watch);
    watch->fn = NULL;
    watches -= !watch->in_background;
}

struct loop_watch *loop_other(const struct loop_watch *watch, int fd)
{
    return selector_other(selector, fd, watch);
}

void loop_forget(struct loop_watch *watch, int fd)
{
    loop_cancel_fd(watch);
    selector_forget(selector, fd, watch);
}

double loop_since(void)
{
    return now;
}

// Nothing is armed for a moment before `now`: see run_calls().
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
    longest = fmax(longest, end - now);
    now = end;
}

// What a callback arms comes behind all that is due now, and has to wait.
static void run_calls(void)
{
    uint64_t newest = calls.armed;
    struct loop_call *call;

    while (timers_first(&calls) != NULL && timers_first(&calls)->order <= newest
        && (call = (void *)timers_due(&calls, now)) != NULL)
        call_back(call->fn, call->arg, call->task);
}

static void run_watch(const struct selector_event *event)
{
    struct loop_watch *watch = event->data;

    if (watch == NULL) { // nobody waits for it any more
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
        if (watches == 0 && timers_first(&calls) == NULL)
            break;
        if (watches == 0 && clock_is_virtual())
            clock_jump(timers_next(&calls));
        error = selector_wait(selector, timers_next(&calls));
        now = clock_now();
        while (error == 0 && selector_next(selector, &event))
            run_watch(&event);
    }
    return error;
}
