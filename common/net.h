// net.h - the small print of sockets: addresses, look-ups, "try again?".
//
// What a conversation consists of (connect, send, receive, give up, close)
// is not here: it stands in each stage's fetch.c.

#ifndef NET_H
#define NET_H

#include "trace.h"
#include "url.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t len;
};

// Looks up where `url` is served. A host may have several addresses, and
// remembers which of them to begin with: try 0 gets that one; a later try of
// the same URL says that its address was no good, so it gets the next, and so
// does everybody after it, round and round. (localhost is [::1] and 127.0.0.1
// on many systems, and a server often listens on one of them only.) Numeric
// hosts and those named with net_resolve() cost nothing; other names are looked
// up once (which may take seconds) and the answer, or that there is no such
// host, is remembered for good. Threads may call this at the same time; two
// that ask for the same host share one look-up.
//
// Returns 0 and *address, which lives until net_forget(); ERROR_NO_SUCH_HOST;
// or, for what may be tried again, ERROR_LOOKUP or what the system said: -errno
// (-EMFILE, -ENOMEM), never -EAGAIN.
int net_lookup(const struct url *url, int try, const struct address **address);

// As net_lookup(), but never waits: -EAGAIN where it would have to.
int net_lookup_known(
    const struct url *url, int try, const struct address **address);

// "HOST:PORT:ADDRESS": from now on this host and port are found at this
// numeric address (IPv6 in brackets or not). HOST is spelled as in a URL, an
// IPv6 address in brackets. Returns 0; -EINVAL, also for a host that no URL can
// have; -ENOMEM.
int net_resolve(const char *rule);

// Frees all addresses.
void net_forget(void);

// A TCP socket for this address, closed on exec. Returns a descriptor or a
// negative errno.
int net_socket(const struct address *address);

// The same, in non-blocking mode.
int net_socket_nonblocking(const struct address *address);

// The result of a connect that was still under way: 0 or a negative errno
// (SO_ERROR; reading it clears it).
int net_connected(int fd);

// Wraps a system call that says -1 and errno: returns what it returned, or a
// negative errno. "Not now" has many names (EINTR, EAGAIN, EWOULDBLOCK, and
// for connect EINPROGRESS and EALREADY); here it is always -EAGAIN. That the
// socket is connected already (EISCONN) is a success. An int is enough: no
// buffer of ours is larger than one can say.
//
//     n = net_result(recv(fd, chunk, sizeof(chunk), 0));
//
// (A macro: where the call may block, that goes into the trace.)
#define net_result(call) \
    (trace_is_on ? net_call(TRACE_HERE) : (void)0, net_called(call))
void net_call(const struct trace_site *site);
int net_called(ssize_t n);

// How many results went through net_result() so far, in all threads, and how
// many of them said "not now".
void net_count(long *asked, long *in_vain);

// For sockets that do not block: after -EAGAIN, is it worth waiting? Returns n,
// but -ETIMEDOUT in place of -EAGAIN if `deadline` has come.
#define net_due(n, fd, deadline) net_check_due(n, fd, deadline, TRACE_SITE)
int net_check_due(
    int n, int fd, double deadline, const struct trace_site *site);

// For sockets that block: from now on a call on `fd` gives up with -EAGAIN
// when `deadline` has come. `option` is SO_SNDTIMEO for connect and send (Linux
// applies it to connect too, see socket(7)), SO_RCVTIMEO for recv. Returns 0;
// -ETIMEDOUT if no time is left; -errno. Call it before each call: what is
// left gets less, and after an -EAGAIN it says whether time is up.
int net_limit(int fd, int option, double deadline);

#endif
