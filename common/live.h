// live.h - a line on stderr that shows the progress of a run and is overwritten
// again and again. Shown only if stderr is a terminal.

#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>

// Is another text due? True at most ten times a second, and never if stderr is
// not a terminal. If several threads ask at once, only one gets true.
bool live_is_due(void);

// Replaces the text shown before.
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void live_show(const char *format, ...);

// Erases the line, if a text is shown.
void live_clear(void);

#endif
