// pipe.h - the self-pipe: a byte in it makes a descriptor readable, which is
// how a signal handler or another thread ends a wait. (D. J. Bernstein's
// trick.)

#ifndef PIPE_H
#define PIPE_H

// Opens ends[0] to wait on and ends[1] to poke. Returns 0 or a negative errno.
int pipe_open(int ends[2]);

// Makes the other end readable. Safe in signal handlers and in any thread. That
// the pipe is full is no failure: it is readable then.
void pipe_poke(int end);

// Takes all bytes out.
void pipe_drain(int end);

void pipe_close(int ends[2]);

#endif
