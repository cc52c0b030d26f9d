// clock.h - the time in seconds, on a clock that only goes forward.
//
// With CLOCK=virtual in the environment, time stands still while the program
// computes. When the program would wait for nothing but time, the clock jumps
// to the next deadline: tests and deterministic examples then take no time at
// all. The code that waits makes the clock jump, and only while no descriptor
// but Ctrl-C's is watched and no thread is working on a job.

#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

#define CLOCK_NEVER 1e18 // a deadline that never comes

// Seconds since some fixed moment. Never fails.
double clock_now(void);

bool clock_is_virtual(void);

// Virtual clock only: sets the time to `then`, unless that is in the past or
// CLOCK_NEVER.
void clock_jump(double then);

// For poll() and epoll_wait(): the milliseconds until `deadline`, rounded up,
// because waking early means waiting twice; 0 after the deadline, -1 for
// CLOCK_NEVER.
int clock_ms_until(double deadline);

// The CPU seconds used by this process so far, in user and in kernel code.
void clock_cpu(double *user, double *system);

#endif
