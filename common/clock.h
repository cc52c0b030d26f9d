// clock.h - what time it is, in seconds, on a clock that only goes forward.
//
// With CLOCK=virtual in the environment time stands still while the program
// computes and jumps to the next deadline when it would wait for nothing but
// time: tests and deterministic examples then take no time at all. Whoever
// waits decides when to jump: while no descriptor is watched and no job is out.

#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

#define CLOCK_NEVER 1e18 // a deadline that does not come

// Seconds since some fixed moment. Never fails.
double clock_now(void);

bool clock_is_virtual(void);

// Virtual clock only: it is `then` now, unless it was later already or `then`
// is CLOCK_NEVER.
void clock_jump(double then);

// For poll() and epoll_wait(): the milliseconds until `deadline`, rounded up,
// because waking early means waiting twice; 0 if it has passed, -1 if it is
// CLOCK_NEVER.
int clock_ms_until(double deadline);

// CPU seconds this process has used so far: in its own code, in the kernel.
void clock_cpu(double *user, double *system);

#endif
