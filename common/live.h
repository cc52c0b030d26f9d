// live.h - a line on stderr that comes and goes while something runs, so that a
// person sees how far it is. It is shown on a terminal only.

#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>

// Is it time for another text? At most ten times a second, and never if stderr
// is no terminal. Several threads may ask: one of them gets the answer yes.
bool live_is_due(void);

// Shows the text in place of the one before.
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void live_show(const char *format, ...);

// Takes the line away again. Without a line it does nothing.
void live_clear(void);

#endif
