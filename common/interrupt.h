// interrupt.h - Ctrl-C, as something a program can ask about and wait for.
//
// The first SIGINT (or SIGTERM) is counted and makes a descriptor readable:
// the program starts nothing new and ends with a report. The second one exits
// at once.

#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

// Installs the handler. Returns 0 or a negative errno (no descriptors left).
int interrupt_init(void);

// Has Ctrl-C been pressed? Safe in any thread.
bool interrupted(void);

// The descriptor to watch: it becomes readable with the first Ctrl-C, and stays
// so; never read it, it belongs to this module. -1 when there is nothing more
// to watch for: after Ctrl-C, and before interrupt_init().
int interrupt_fd(void);

// Takes the handler away again and closes the descriptor.
void interrupt_free(void);

// Sleeps for so many milliseconds, or until Ctrl-C. On the virtual clock it
// returns at once, so much later.
void interrupt_sleep(int ms);

#endif
