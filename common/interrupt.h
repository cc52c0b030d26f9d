// interrupt.h - Ctrl-C as a flag to test and a descriptor to wait for.
//
// The first SIGINT (or SIGTERM) sets the flag and makes the descriptor
// readable: the program then starts nothing new and ends with a report. The
// second signal exits at once.

#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

// Installs the handler. Returns 0 or a negative errno (no descriptors left).
int interrupt_init(void);

// Has Ctrl-C been pressed? Safe in any thread.
bool interrupted(void);

// The descriptor to watch. The first Ctrl-C makes the descriptor readable for
// good: do not read from it. -1 before interrupt_init() and after Ctrl-C, when
// there is nothing to watch for.
int interrupt_fd(void);

// Restores the previous signal handlers and closes the descriptor.
void interrupt_free(void);

// Sleeps for `ms` milliseconds, or until Ctrl-C. With the virtual clock, moves
// the clock forward and returns at once.
void interrupt_sleep(int ms);

#endif
