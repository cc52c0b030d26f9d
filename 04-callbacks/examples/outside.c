// outside.c - events from outside the loop: from another thread, a signal, a
// child process. Each source becomes a descriptor that the loop watches, so all
// callbacks run on the loop's thread, and need no lock.

#include "loop.h"
#include "pipe.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POKES = 1000 };

// --- Another thread pokes a pipe ---------------------------------------------

static int from_thread[2];
static struct loop_watch thread_watch;
static atomic_int counted;
static int calls;

static void *count(void *arg)
{
    for (int i = 1; i <= POKES; i++) {
        atomic_store(&counted, i);
        pipe_poke(from_thread[1]);
        if (i % 100 == 0)
            poll(NULL, 0, 20); // a pause of 20 ms
    }
    return arg;
}

// Pokes coalesce: any number of pokes means "look again" once. Drain the pipe
// first and look afterwards, so that no poke in between is lost.
static void on_poke(void *arg)
{
    pipe_drain(from_thread[0]);
    calls++;
    if (atomic_load(&counted) < POKES)
        loop_on_fd(&thread_watch, from_thread[0], SELECT_READ, on_poke, arg);
    else
        printf("thread: %d pokes, %d calls of on_poke()\n", POKES, calls);
}

// --- A signal: the handler may call few functions, and pokes a pipe ----------

static int from_handler[2];
static struct loop_watch signal_watch;

static void on_signal(int unused)
{
    (void)unused;
    pipe_poke(from_handler[1]);
}

static void on_bell(void *unused)
{
    (void)unused;
    pipe_drain(from_handler[0]);
    printf("signal: printf() is allowed here, and was not in the handler\n");
}

// --- A child: the output is a pipe already, and ends with the child ----------

static FILE *child;
static struct loop_watch child_watch;

static void on_output(void *arg)
{
    char text[64];
    ssize_t n = read(fileno(child), text, sizeof(text));

    if (n > 0) {
        printf("child: %.*s", (int)n, text);
        loop_on_fd(&child_watch, fileno(child), SELECT_READ, on_output, arg);
        return;
    }
    loop_forget(&child_watch, fileno(child));
    int status = pclose(child);
    printf("child: exit code %d\n", WEXITSTATUS(status));
}

int main(void)
{
    pthread_t thread;

    if (loop_init(NULL) != 0 || pipe_open(from_thread) != 0
        || pipe_open(from_handler) != 0)
        return 1;
    loop_on_fd(&thread_watch, from_thread[0], SELECT_READ, on_poke, NULL);
    loop_on_fd(&signal_watch, from_handler[0], SELECT_READ, on_bell, NULL);
    signal(SIGUSR1, on_signal);
    fflush(stdout);
    child = popen("for n in 1 2 3; do echo line $n; sleep 0.1; done;"
                  "kill -USR1 $PPID; exit 7", "r");
    if (child == NULL || pthread_create(&thread, NULL, count, NULL) != 0)
        return 1;
    loop_on_fd(&child_watch, fileno(child), SELECT_READ, on_output, NULL);
    int error = loop_run();
    pthread_join(thread, NULL);
    pipe_close(from_thread);
    pipe_close(from_handler);
    loop_free();
    return error != 0;
}
