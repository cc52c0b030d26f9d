// sockets.h - the calls that wait on a socket, as functions that await.
//
// For non-blocking sockets. dial() and send_some() try first, even in a
// cancelled task, and wait only if the call would block; receive() and
// accept_one() wait first.
// Errors: those of the system call, and those of the wait, -ECANCELED, or
// -ETIMEDOUT when `deadline` comes first.

#ifndef SOCKETS_H
#define SOCKETS_H

#include "async.h"
#include "net.h"

// Accepts the next client of a listening socket (see net_listen()), and waits
// while no descriptor is free. Returns a non-blocking descriptor, or an error;
// -EINTR after Ctrl-C. A server, and the three lines that end it:
//
//     struct group clients = { .independent = true };
//     while ((fd = await(accept_one(listener))) >= 0)
//         if (!spawn(&clients, serve, client_of(fd), "")) ...
//     task_close(listener);
//     await_within(5, group_wait(&clients)); // then cancels the rest
//     return (async_int){ 0 };
async_int accept_one(int listener);

// As connect(). Returns 0 or an error.
async_int dial(int fd, const struct address *address, double deadline);

// As send() and recv(). Return the number of bytes, or an error; receive()
// returns 0 when the other side has closed.
async_int send_some(int fd, const char *bytes, size_t len, double deadline);
async_int receive(int fd, char *buffer, size_t size, double deadline);

// Sends all bytes, in as many pieces as it takes. Returns 0 or an error.
async_int send_all(int fd, const char *bytes, size_t len, double deadline);

// As net_lookup(), in a thread unless the address is known. Tasks that ask for
// the same host share a look-up. Returns the same errors, or -EAGAIN if there
// is no thread.
async_int look_up(const struct url *url, int try, const struct address **to);

#endif
