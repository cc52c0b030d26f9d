// dump.c - who waits for what, and where; and who had too small a stack.

#include "task.h"

#include "clock.h"
#include "pipe.h"
#include "stack.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// dprintf() would call malloc(), whose lock the one that overflows may hold.
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n >= (int)sizeof(text))
        n = sizeof(text) - 1;
    if (write(STDERR_FILENO, text, (size_t)n) == -1)
        return; // there is nobody to tell
}

static void dump_chain(const struct await_link *link)
{
    for (; link != NULL; link = link->outer) {
        const char *slash = strrchr(link->site->file, '/');
        say("    %s:%-4d await(%s)\n",
            slash != NULL ? slash + 1 : link->site->file, link->site->line,
            link->site->call);
    }
}

// For the trace. Where a task waits in our sockets.c, it is rather where the
// program waits.
static bool find_await(int i, struct trace_site *site)
{
    const struct await_link *link = await_chain;

    for (; link != NULL && i > 0; i--)
        link = link->outer;
    while (link != NULL && i < 0 && strstr(link->site->file, "/sockets.c"))
        link = link->outer;
    if (link != NULL)
        *site = (struct trace_site){ link->site->file, link->site->call,
            link->site->line };
    return link != NULL;
}

static void dump_group(const struct group *group)
{
    for (const struct task *task = group->first; task; task = task->next) {
        say("task %u  %s(%s)  ", task->id, task->function, task->name);
        if (task == async_running)
            say("running\n");
        else if (!task->is_waiting)
            say("ready to run\n");
        else if (task->fd >= 0)
            say("waiting %.2f s for fd %d %s\n", clock_now() - task->since,
                task->fd, task->what);
        else
            say("waiting %.2f s for %s\n", clock_now() - task->since,
                task->what);
        dump_chain(task == async_running ? await_chain : task->chain);
        for (struct group *open = task->open; open != NULL; open = open->next)
            dump_group(open);
    }
}

void tasks_dump(void)
{
    dump_group(&async_program);
}

static int bell[2]; // rung by the signals that ask for a dump
static struct loop_watch watch;
static volatile sig_atomic_t is_asked;
static volatile double asked_at;

static void on_bell(void *unused)
{
    (void)unused;
    pipe_drain(bell[0]);
    bool dump = is_asked;
    is_asked = false; // what comes during the dump is for another one
    if (dump)
        tasks_dump();
    loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
}

// The loop will answer. But a task that does not let go of the thread may be
// what the question is about, so it is named at once; and if that goes on,
// Ctrl-\ does what it would do without us.
static void on_signal(int number)
{
    if (is_asked && number == SIGQUIT && clock_now() - asked_at > 1) {
        signal(number, SIG_DFL);
        raise(number);
    }
    if (async_running != NULL) {
        say("task %u  %s(%s)  has been running for %.2f s\n", async_running->id,
            async_running->function, async_running->name,
            clock_now() - loop_since());
        dump_chain(await_chain);
    }
    if (!is_asked)
        asked_at = clock_now();
    is_asked = true;
    pipe_poke(bell[1]);
}

enum { SIGNALS = 4 };
static const int signals[SIGNALS] = { SIGQUIT, SIGUSR1, SIGSEGV, SIGBUS };
static struct sigaction before[SIGNALS];

// All of them, or just one.
static void restore_signals(int number)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (number == 0 || number == signals[i])
            sigaction(signals[i], &before[i], NULL);
    }
}

// Names the task that has overflowed. Then the fault happens again, and nobody
// looks; one that was sent by kill() does not happen again by itself.
static void on_fault(int number, siginfo_t *info, void *unused)
{
    (void)unused;
    restore_signals(number);
    if (info->si_code <= 0) {
        raise(number);
        return;
    }
    if (async_running != NULL
        && stack_guards(async_running->context.stack, info->si_addr)) {
        say("task %u  %s(%s) has overflowed its stack of %d KiB\n",
            async_running->id, async_running->function, async_running->name,
            stack_kib());
        dump_chain(await_chain);
        say("A large local? Deep recursion? make STACK=%d has room.\n",
            2 * stack_kib());
    }
}

int dump_begin(void)
{
    static char stack[65536]; // the one that overflows is full
    stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };

    int error = pipe_open(bell);
    if (error != 0)
        return error;
    trace_chain = find_await;
    watch.in_background = true;
    error = loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
    if (error != 0) {
        pipe_close(bell);
        return error;
    }
    sigaltstack(&other, NULL);
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction action = { .sa_flags = SA_ONSTACK | SA_RESTART };
        if (i < 2) {
            action.sa_handler = on_signal;
        } else {
            action.sa_flags |= SA_SIGINFO;
            action.sa_sigaction = on_fault;
        }
        sigaction(signals[i], &action, &before[i]);
        if (i < 2 && before[i].sa_handler == SIG_IGN)
            sigaction(signals[i], &before[i], NULL); // we run in the background
    }
    return 0;
}

void dump_end(void)
{
    restore_signals(0);
    loop_forget(&watch, bell[0]);
    pipe_close(bell);
}
