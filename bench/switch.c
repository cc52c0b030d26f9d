// switch.c - measures the cost of a call, of resuming a generator, of switching
// stacks, of spawning a task, and of handing over to another thread.
//
//     build/bench/switch [ROUNDS]
//
// Prints a line for each way to switch: a name, then the nanoseconds for one
// step in each round. Each round measures all ways, so that a disturbance
// affects all of them.

#define _GNU_SOURCE // pin to one processor

#include "switch.h"
#include "async.h"
#include "coroutine.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { MOST_ROUNDS = 99, STACK_BYTES = 65536 };

static long sum; // keeps the compiler from removing the loops

static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// --- A call, and a system call -----------------------------------------------

__attribute__((noinline)) static long add_one(long n)
{
    __asm__ volatile("");
    return n + 1;
}

static void call(long steps)
{
    for (long i = 0; i < steps; i++)
        sum = add_one(sum);
}

static void system_call(long steps)
{
    for (long i = 0; i < steps; i++)
        sum += syscall(SYS_getppid);
}

// --- Stackless ---------------------------------------------------------------

// No generator here counts its steps in its frame: an addition in memory would
// take longer than the switch.

// The minimum: a `switch` over a line number, called through a pointer.
struct plain {
    int line;
};

static int plain_body(struct plain *p)
{
    switch (p->line) {
    case 0:
        for (;;) {
            p->line = 1;
            return 1;
        case 1:;
        }
    }
    return 0;
}

static void plain_resume(long steps)
{
    struct plain p = { 0 };
    int (*volatile body)(struct plain *) = plain_body;

    long total = 0; // in a register, unlike `sum`
    for (long i = 0; i < steps; i++)
        total += body(&p);
    sum += total;
}

// A generator of coroutine.h, with send, close and delegation.
struct repeat {
    struct coroutine co;
    struct repeat *inner; // the generator to delegate to, or NULL
};

static enum co_state repeat(struct coroutine *co)
{
    struct repeat *r = (struct repeat *)co;

    CO_BEGIN(co);
    if (r->inner != NULL)
        CO_FROM(co, &r->inner->co, repeat);
    for (;;)
        CO_YIELD(co, r);
leave:
    CO_END(co, NULL);
}

static void generator(long steps, int depth)
{
    struct repeat repeats[100] = { { .inner = NULL } };

    for (int i = 0; i < depth; i++)
        repeats[i].inner = &repeats[i + 1];
    long total = 0;
    co_start(&repeats[0].co, repeat);
    for (long i = 0; i < steps; i++) {
        co_send(&repeats[0].co, NULL);
        total += repeats[0].co.value != NULL;
    }
    sum += total;
    co_close(&repeats[0].co);
}

static void full_generator(long steps)
{
    generator(steps, 0);
}

static void delegated_10(long steps)
{
    generator(steps, 10);
}

static void delegated_99(long steps)
{
    generator(steps, 99);
}

// --- Stacks ------------------------------------------------------------------

static struct context here, there;
static ucontext_t u_here, u_there;
static char stack[STACK_BYTES] __attribute__((aligned(64)));
static char u_stack[STACK_BYTES] __attribute__((aligned(64)));

static void switch_back(void)
{
    for (;;)
        context_switch(&there, &here);
}

static void stack_switches(long steps)
{
    context_make(&there, stack, sizeof(stack), switch_back);
    for (long i = 0; i < steps; i += 2) // there and back
        context_switch(&here, &there);
    context_free(&there);
}

static void swap_back(void)
{
    for (;;)
        swapcontext(&u_there, &u_here);
}

static void swapcontexts(long steps)
{
    getcontext(&u_there);
    u_there.uc_stack.ss_sp = u_stack;
    u_there.uc_stack.ss_size = sizeof(u_stack);
    makecontext(&u_there, swap_back, 0);
    for (long i = 0; i < steps; i += 2)
        swapcontext(&u_here, &u_there);
}

// --- Tasks -------------------------------------------------------------------

static long wanted;

__attribute__((noinline)) static async_int nothing(void *unused)
{
    __asm__ volatile("");
    (void)unused;
    return (async_int){ 0 };
}

static async_int spawner(void *unused)
{
    enum { AT_ONCE = 100 };
    struct group group = { .race = false };

    (void)unused;
    for (long i = 0; i < wanted; i += AT_ONCE) {
        for (int k = 0; k < AT_ONCE; k++)
            spawn(&group, nothing, NULL, "");
        await(group_wait(&group));
    }
    return (async_int){ 0 };
}

static void spawn_and_join(long steps)
{
    wanted = steps;
    async_run(NULL, spawner, NULL);
}

static async_int awaiter(void *unused)
{
    (void)unused;
    for (long i = 0; i < wanted; i++)
        sum += await(nothing(NULL));
    return (async_int){ 0 };
}

static void await_nothing(long steps)
{
    wanted = steps;
    async_run(NULL, awaiter, NULL);
}

// --- Threads -----------------------------------------------------------------

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

static void take_turns(int self, long steps)
{
    pthread_mutex_lock(&mutex);
    for (long i = 0; i < steps; i += 2) {
        while (turn != self)
            pthread_cond_wait(&changed, &mutex);
        turn = !self;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&mutex);
}

static void *other_thread(void *steps)
{
    take_turns(1, *(long *)steps);
    return NULL;
}

static void thread_hand_off(long steps)
{
    pthread_t other;

    turn = 0;
    if (pthread_create(&other, NULL, other_thread, &steps) != 0)
        return;
    take_turns(0, steps);
    pthread_join(other, NULL);
}

// --- All of them -------------------------------------------------------------

static const struct {
    const char *name;
    void (*run)(long steps);
    long steps;
} ways[] = {
    { "function call", call, 20000000 },
    { "plain resume", plain_resume, 20000000 },
    { "full generator", full_generator, 20000000 },
    { "generator, 10 deep", delegated_10, 20000000 },
    { "generator, 99 deep", delegated_99, 20000000 },
    { "await of what need not wait", await_nothing, 20000000 },
    { "stack switch", stack_switches, 20000000 },
    { "swapcontext", swapcontexts, 1000000 },
    { "spawn and join a pooled task", spawn_and_join, 2000000 },
    { "system call", system_call, 2000000 },
    { "thread hand-off, one core", thread_hand_off, 100000 },
};

enum { WAYS = sizeof(ways) / sizeof(*ways) };

int main(int argc, char **argv)
{
    static double ns[WAYS][MOST_ROUNDS];
    int rounds = argc > 1 ? atoi(argv[1]) : 5;
    cpu_set_t one;

    rounds = rounds < 1 ? 1 : rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < WAYS; i++) {
            double start = cpu_now();
            ways[i].run(ways[i].steps);
            ns[i][round] = (cpu_now() - start) / (double)ways[i].steps * 1e9;
        }
    }
    for (size_t i = 0; i < WAYS; i++) {
        printf("%s", ways[i].name);
        for (int round = 0; round < rounds; round++)
            printf("\t%.3f", ns[i][round]);
        putchar('\n');
    }
    return sum == 0;
}
