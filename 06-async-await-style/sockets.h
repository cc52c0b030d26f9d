// sockets.h - the calls that wait on a socket, as functions that await.
//
// For sockets that do not block. What can be done at once is done, cancelled or
// not. Otherwise they wait, and return -ECANCELED, -ETIMEDOUT when `deadline`
// comes first, or what the system call refuses.

#ifndef SOCKETS_H
#define SOCKETS_H

#include "async.h"
#include "net.h"

// connect(): 0.
async_int dial(int fd, const struct address *address, double deadline);

// send(), recv(): how many bytes it was; 0 received: the other side has closed.
async_int send_some(int fd, const char *bytes, size_t len, double deadline);
async_int receive(int fd, char *buffer, size_t size, double deadline);

// net_lookup(), in a thread if it has to wait; one a host at a time, however
// many tasks ask. Returns the same errors, or -EAGAIN: no thread.
async_int look_up(const struct url *url, int try, const struct address **to);

#endif
