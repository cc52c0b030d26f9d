// pipe.h - the self-pipe trick (D. J. Bernstein): a signal handler or another
// thread writes a byte into a pipe, and so ends a wait for the other end.

#ifndef PIPE_H
#define PIPE_H

// Opens ends[0], to read, and ends[1], to write. Returns 0 or a negative errno.
int pipe_open(int ends[2]);

// Makes the read end readable. Safe in signal handlers and in any thread.
// Ignores a full pipe: the read end is readable already.
void pipe_poke(int write_end);

// Reads all bytes, so that the read end is no longer readable.
void pipe_drain(int read_end);

void pipe_close(int ends[2]);

#endif
