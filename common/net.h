// net.h - addresses and look-ups, sockets, results of calls, time limits.
//
// The conversation itself (connect, send, receive, give up, close) is in each
// stage's fetch.c.

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

// Looks up an address for fetching `url`. Numeric hosts, and hosts given to
// net_resolve(), are known at once. Any other name is looked up only once,
// which may take seconds, and the result (addresses, or "no such host") is kept
// until net_forget(). Safe in threads: two threads asking for the same host
// share one look-up.
//
// A host with several addresses has a current address, used for try 0 of every
// URL. A later try of a URL means that the address of the previous try has
// failed; if that address is still current, the next address becomes current,
// for all URLs. (On many systems localhost is both [::1] and 127.0.0.1, but the
// server listens on only one.)
//
// Returns 0 and *address, valid until net_forget(); ERROR_NO_SUCH_HOST; or an
// error that may be tried again: ERROR_LOOKUP, or an errno of the system such
// as -EMFILE or -ENOMEM, but never -EAGAIN.
int net_lookup(const struct url *url, int try, const struct address **address);

// As net_lookup(), but returns -EAGAIN where net_lookup() would wait.
int net_lookup_known(
    const struct url *url, int try, const struct address **address);

// Parses "HOST:PORT:ADDRESS", and from now on uses the numeric ADDRESS (IPv6
// with or without brackets) for this host and port. HOST is spelled as in a
// URL, with brackets around an IPv6 address. Returns 0; -EINVAL for a malformed
// rule or host; -ENOMEM.
int net_resolve(const char *text);

// Frees all addresses.
void net_forget(void);

// Opens a TCP socket for this address, closed on exec. Returns a descriptor or
// a negative errno.
int net_socket(const struct address *address);

// As net_socket(), in non-blocking mode.
int net_socket_nonblocking(const struct address *address);

// Opens a socket that listens on an address of this machine ("127.0.0.1",
// "[::1]"; "0.0.0.0": on all), in non-blocking mode. If *port is 0, stores the
// number of a free port there. Returns a descriptor, or an error of
// net_lookup(), socket(), bind() or listen().
int net_listen(const char *host, int *port);

// As accept(). Returns a descriptor, non-blocking and closed on exec, or a
// negative errno; -EAGAIN also if the client has left already.
int net_accept(int listener);

// The result of a connect that was in progress: 0 or a negative errno. (Reads
// SO_ERROR, which also clears the error.)
int net_connected(int fd);

// Wraps a system call that returns -1 and sets errno: returns the result of the
// call, or a negative errno. All errors that mean "not now" (EINTR, EAGAIN,
// EWOULDBLOCK, and for connect EINPROGRESS and EALREADY) become -EAGAIN.
// EISCONN (already connected) becomes 0. An int suffices, as no buffer of ours
// is larger than INT_MAX.
//
//     n = net_result(recv(fd, chunk, sizeof(chunk), 0));
//
// (A macro, to record the place of a blocking call in the trace.)
#define net_result(call) \
    (trace_is_on ? net_call(TRACE_HERE) : (void)0, net_called(call))
void net_call(const struct trace_site *site);
int net_called(ssize_t n);

// Sets *asked to the number of calls of net_result() so far, in all threads,
// and *in_vain to the number of these that returned -EAGAIN.
void net_count(long *asked, long *in_vain);

// For non-blocking sockets: replaces -EAGAIN by -ETIMEDOUT after the deadline.
// Returns any other n unchanged.
#define net_due(n, fd, deadline) net_check_due(n, fd, deadline, TRACE_SITE)
int net_check_due(
    int n, int fd, double deadline, const struct trace_site *site);

// For blocking sockets: makes the next call on `fd` fail with -EAGAIN at the
// deadline. `option` is SO_SNDTIMEO for connect and send (Linux applies the
// option to connect as well, see socket(7)), SO_RCVTIMEO for recv. Returns 0;
// -ETIMEDOUT after the deadline; -errno. Call net_limit() again before each
// call on `fd`, because the time left shrinks. If a call has returned -EAGAIN,
// this next net_limit() returns the cause: -ETIMEDOUT means the deadline.
int net_limit(int fd, int option, double deadline);

#endif
