// live.h - a line on stderr that comes and goes while something runs. It is
// shown on a terminal only.

#ifndef LIVE_H
#define LIVE_H

// Shows the text in place of the one before.
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void live_show(const char *format, ...);

// Takes the line away again. Without a line it does nothing.
void live_clear(void);

#endif
