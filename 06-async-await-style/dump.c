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

static void dump_group(const struct group *group)
{
    for (const struct task *task = group->first; task; task = task->next) {
        say("task %d  %s(%s)  ", task->id, task->function, task->name);
        if (task == running)
            say("running\n");
        else if (!task->is_waiting)
            say("ready to run\n");
        else if (task->fd >= 0)
            say("waiting %.2f s for fd %d %s\n", clock_now() - task->since,
                task->fd, task->what);
        else
            say("waiting %.2f s for %s\n", clock_now() - task->since,
                task->what);
        dump_chain(task == running ? await_chain : task->chain);
        for (struct group *open = task->open; open != NULL; open = open->next)
            dump_group(open);
    }
}

void tasks_dump(void)
{
    dump_group(&program);
}

static int bell[2]; // rung by the signals that ask for a dump
static struct loop_watch watch;
static volatile sig_atomic_t is_asked;

static void on_bell(void *unused)
{
    (void)unused;
    pipe_drain(bell[0]);
    if (is_asked)
        tasks_dump();
    is_asked = false;
    loop_on_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
}

// A second one, while the first is not answered because some task does not let
// go of the thread, does what it would do without us.
static void on_signal(int number)
{
    if (is_asked) {
        signal(number, SIG_DFL);
        raise(number);
    }
    is_asked = true;
    pipe_poke(bell[1]);
}

enum { SIGNALS = 4 };
static const int signals[SIGNALS] = { SIGQUIT, SIGUSR1, SIGSEGV, SIGBUS };
static struct sigaction before[SIGNALS];

static void restore_signals(void)
{
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
}

// Says who has overflowed. Then it happens again, as if nobody had looked.
static void on_fault(int number, siginfo_t *info, void *unused)
{
    (void)number;
    (void)unused;
    restore_signals();
    if (running != NULL
        && stack_guards(running->context.stack, info->si_addr)) {
        say("task %d  %s(%s) has overflowed its stack of %d KiB\n", running->id,
            running->function, running->name, STACK);
        dump_chain(await_chain);
        say("A large local? Deep recursion? make STACK=%d has room.\n",
            2 * STACK);
    }
}

int dump_begin(void)
{
    static char stack[65536]; // the one that overflows is full
    stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };

    int error = pipe_open(bell);
    if (error != 0)
        return error;
    watch.in_background = true;
    error = loop_on_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
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
    restore_signals();
    loop_forget(&watch, bell[0]);
    pipe_close(bell);
}
