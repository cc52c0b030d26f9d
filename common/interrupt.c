// interrupt.c - a signal handler that does what a handler may: count, and poke
// a pipe.

#include "interrupt.h"

#include "clock.h"
#include "pipe.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM };

enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

static struct sigaction before[SIGNALS]; // what we found
static atomic_int count;
static int ends[2] = { -1, -1 };

static void on_signal(int number)
{
    if (atomic_fetch_add(&count, 1) > 0)
        _exit(128 + number);
    pipe_poke(ends[1]);
}

int interrupt_init(void)
{
    // A task's stack may have no room for a handler; stage 6 gives it another.
    struct sigaction action = {
        .sa_handler = on_signal,
        .sa_flags = SA_ONSTACK,
    };
    int error = pipe_open(ends);

    if (error != 0)
        return error;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &before[i]);
        // A shell without job control ignores these signals in programs that
        // it starts in the background: a Ctrl-C is not meant for them.
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    return 0;
}

void interrupt_free(void)
{
    if (ends[0] == -1)
        return;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    pipe_close(ends);
}

bool interrupted(void)
{
    return atomic_load(&count) > 0;
}

int interrupt_fd(void)
{
    return interrupted() ? -1 : ends[0];
}

void interrupt_sleep(int ms)
{
    struct pollfd ctrl_c = { .fd = ends[0], .events = POLLIN };
    double end = clock_now() + ms * 1e-3;

    if (clock_is_virtual())
        clock_jump(end);
    while (!interrupted() && clock_ms_until(end) > 0)
        poll(&ctrl_c, 1, clock_ms_until(end));
}
