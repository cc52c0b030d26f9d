// pipe.h - the self-pipe trick (D. J. Bernstein): a signal handler or another
// thread writes a byte into a pipe, and so ends a wait for the other end.

#ifndef PIPE_H
#define PIPE_H

// Opens ends[0] to wait on and ends[1] to poke. Returns 0 or a negative errno.
int pipe_open(int ends[2]);

// With ends[1]: makes ends[0] readable. Safe in signal handlers and in any
// thread. A full pipe is not an error: ends[0] is readable already.
void pipe_poke(int end);

// With ends[0]: reads all bytes, so that the end is no longer readable.
void pipe_drain(int end);

void pipe_close(int ends[2]);

#endif
