// clock.c - CLOCK_MONOTONIC; or, with CLOCK=virtual, a variable under a mutex.

#include "clock.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { UNKNOWN, REAL, VIRTUAL };

static atomic_int kind;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static double virtual_now; // under the mutex

bool clock_is_virtual(void)
{
    int known = atomic_load(&kind);

    if (known == UNKNOWN) { // several threads at once all get the same result
        const char *text = getenv("CLOCK");
        bool is_virtual = text != NULL && strcmp(text, "virtual") == 0;
        known = is_virtual ? VIRTUAL : REAL;
        atomic_store(&kind, known);
    }
    return known == VIRTUAL;
}

double clock_now(void)
{
    struct timespec real;

    if (clock_is_virtual()) {
        pthread_mutex_lock(&mutex);
        double now = virtual_now;
        pthread_mutex_unlock(&mutex);
        return now;
    }
    clock_gettime(CLOCK_MONOTONIC, &real);
    return (double)real.tv_sec + (double)real.tv_nsec * 1e-9;
}

void clock_jump(double then)
{
    pthread_mutex_lock(&mutex);
    if (then > virtual_now && then < CLOCK_NEVER)
        virtual_now = then;
    pthread_mutex_unlock(&mutex);
}

int clock_ms_until(double deadline)
{
    if (deadline >= CLOCK_NEVER)
        return -1;
    double ms = ceil((deadline - clock_now()) * 1e3);
    if (ms <= 0)
        return 0;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

void clock_cpu(double *user, double *system)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    *user =
        (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
    *system =
        (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
}
