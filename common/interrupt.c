// interrupt.c - a signal handler that counts and writes into a pipe: both are
// async-signal-safe.

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

static struct sigaction previous_actions[SIGNALS];
static atomic_int count;
static int pipe_ends[2] = { -1, -1 };

static void on_signal(int number)
{
    if (atomic_fetch_add(&count, 1) > 0)
        _exit(128 + number);
    pipe_poke(pipe_ends[1]);
}

int interrupt_init(void)
{
    // Stage 6 runs tasks on small stacks and provides another stack for signal
    // handlers.
    struct sigaction action = {
        .sa_handler = on_signal,
        .sa_flags = SA_ONSTACK,
    };
    int error = pipe_open(pipe_ends);

    if (error != 0)
        return error;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &previous_actions[i]);
        // Keep an ignored signal ignored: a shell without job control starts
        // background programs with Ctrl-C ignored.
        if (previous_actions[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    return 0;
}

void interrupt_free(void)
{
    if (pipe_ends[0] == -1)
        return;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &previous_actions[i], NULL);
    pipe_close(pipe_ends);
}

bool interrupted(void)
{
    return atomic_load(&count) > 0;
}

int interrupt_fd(void)
{
    return interrupted() ? -1 : pipe_ends[0];
}

void interrupt_sleep(int ms)
{
    struct pollfd ctrl_c = { .fd = pipe_ends[0], .events = POLLIN };
    double end = clock_now() + ms * 1e-3;

    if (clock_is_virtual())
        clock_jump(end);
    while (!interrupted() && clock_ms_until(end) > 0)
        poll(&ctrl_c, 1, clock_ms_until(end));
}
