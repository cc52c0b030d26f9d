// dump.c - prints all tasks with their waits, when a signal asks for them;
// names the task that has overflowed its stack.

#include "task.h"

#include "clock.h"
#include "pipe.h"
#include "stack.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// dprintf() would call malloc(), whose lock the overflowing task may hold.
__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n >= (int)sizeof(text))
        n = sizeof(text) - 1;
    if (write(STDERR_FILENO, text, (size_t)n) == -1)
        return; // no other way to report anything
}

static void dump_chain(const struct await_link *link)
{
    for (; link != NULL; link = link->outer) {
        const char *slash = strrchr(link->site->file, '/');
        print("    %s:%-4d await(%s)\n",
            slash != NULL ? slash + 1 : link->site->file, link->site->line,
            link->site->call);
    }
}

// For the trace: await number i of the running task, 0 is the innermost; -1 is
// the innermost that is not in sockets.c.
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
    const struct list_link *link = group->tasks.first;
    for (; link != NULL; link = link->next) {
        const struct task *task = LIST_MEMBER(link, struct task, member);
        print("task %u  %s(%s)  ", task->id, task->function, task->name);
        if (task == async_running)
            print("running\n");
        else if (!task->is_waiting)
            print("ready to run\n");
        else if (task->fd >= 0)
            print("waiting %.2f s for fd %d %s\n",
                clock_now() - task->waiting_since, task->fd, task->waiting_for);
        else
            print("waiting %.2f s for %s\n", clock_now() - task->waiting_since,
                task->waiting_for);
        dump_chain(task == async_running ? await_chain : task->chain);
        for (struct group *g = task->open_groups; g != NULL; g = g->next)
            dump_group(g);
    }
}

void tasks_dump(void)
{
    dump_group(&async_program);
}

static int bell[2]; // a pipe: a byte in it asks the loop for a dump
static struct loop_watch watch;
static volatile sig_atomic_t dump_wanted;
static volatile double asked_at;

static void on_bell(void *unused)
{
    (void)unused;
    pipe_drain(bell[0]);
    bool dump = dump_wanted;
    dump_wanted = false; // a signal during the dump asks for another one
    if (dump)
        tasks_dump();
    loop_watch_fd(&watch, bell[0], SELECT_READ, on_bell, NULL);
}

// The loop will print the dump. But a task that holds the thread may be the
// reason for asking: it is named at once. If the dump has not come after a
// second, another Ctrl-\ ends the program, as it does without a handler.
static void on_dump_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    if (dump_wanted && number == SIGQUIT && clock_now() - asked_at > 1) {
        signal(number, SIG_DFL);
        raise(number);
    }
    if (async_running != NULL) {
        print("task %u  %s(%s)  has been running for %.2f s\n",
            async_running->id, async_running->function, async_running->name,
            clock_now() - loop_callback_start());
        dump_chain(await_chain);
    }
    if (!dump_wanted)
        asked_at = clock_now();
    dump_wanted = true;
    pipe_poke(bell[1]);
}

static void restore_handlers(void);

// Names the task that has overflowed its stack. Restores the earlier handlers,
// so that on return the fault happens again and ends the program. A signal sent
// by kill() would not come again, so it is raised.
static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    restore_handlers();
    if (info->si_code <= 0) {
        raise(number);
        return;
    }
    if (async_running != NULL
        && stack_guard_contains(async_running->context.stack, info->si_addr)) {
        print("task %u  %s(%s) has overflowed its stack of %d KiB\n",
            async_running->id, async_running->function, async_running->name,
            stack_kib());
        dump_chain(await_chain);
        print("A large local? Deep recursion? make STACK=%d has room.\n",
            2 * stack_kib());
    }
}

static struct {
    int number;
    void (*handler)(int number, siginfo_t *info, void *context);
    struct sigaction before;
} signals[] = {
    { .number = SIGQUIT, .handler = on_dump_signal },
    { .number = SIGUSR1, .handler = on_dump_signal },
    { .number = SIGSEGV, .handler = on_fault },
    { .number = SIGBUS, .handler = on_fault },
};

enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

static void restore_handlers(void)
{
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i].number, &signals[i].before, NULL);
}

int dump_begin(void)
{
    static char stack[65536]; // for the handlers: the task's may be full
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
        struct sigaction action = {
            .sa_flags = SA_ONSTACK | SA_RESTART | SA_SIGINFO,
            .sa_sigaction = signals[i].handler,
        };
        // Ignored signals stay ignored: a shell ignores them for background
        // jobs.
        sigaction(signals[i].number, NULL, &signals[i].before);
        if (signals[i].before.sa_handler != SIG_IGN)
            sigaction(signals[i].number, &action, NULL);
    }
    return 0;
}

void dump_end(void)
{
    restore_handlers();
    loop_forget(&watch, bell[0]);
    pipe_close(bell);
}
