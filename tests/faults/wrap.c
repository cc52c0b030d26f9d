// wrap.c - makes one call of one function fail. Linked with -Wl,--wrap=NAME for
// each name below (make FAULTS=1).
//
//     FAULT=recv:3:ECONNRESET   the third recv() fails with this error
//     FAULT=recv:3:short        the third recv() gets one byte at most
//     FAULT=recv:3:SIGINT       Ctrl-C just before the third recv() that is
//                               called while SIGINT has a handler
//     FAULT=any:3:SIGINT        the same, counting the calls of all functions
//                               below and of clock_gettime()
//     FAULT_FIRED=FILE          FILE is created when the fault happens
//     FAULT_STRETCH=N           poll() and epoll_wait() wait N times as long
//
// Only the program's own calls are counted, not libc's. A connect() that fails
// with EINTR has been started, as after a real signal.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SHORT = 10001, CTRL_C }; // no errno and no result of getaddrinfo()

static const struct {
    const char *name;
    int error;
} errors[] = {
    { "EINTR", EINTR },
    { "EAGAIN", EAGAIN },
    { "EMFILE", EMFILE },
    { "ENFILE", ENFILE },
    { "ENOBUFS", ENOBUFS },
    { "ENOMEM", ENOMEM },
    { "ENOSPC", ENOSPC },
    { "ECONNRESET", ECONNRESET },
    { "ECONNREFUSED", ECONNREFUSED },
    { "ECONNABORTED", ECONNABORTED },
    { "EHOSTUNREACH", EHOSTUNREACH },
    { "EADDRNOTAVAIL", EADDRNOTAVAIL },
    { "EPIPE", EPIPE },
    { "EIO", EIO },
    { "EINVAL", EINVAL },
    { "EAI_AGAIN", EAI_AGAIN },
    { "EAI_NONAME", EAI_NONAME },
    { "short", SHORT },
    { "SIGINT", CTRL_C },
};

static char function[32]; // empty: none
static long wanted; // the number of the call
static int error;
static int stretch = 1;
static atomic_long calls;

__attribute__((constructor)) static void read_environment(void)
{
    const char *fault = getenv("FAULT");
    const char *factor = getenv("FAULT_STRETCH");
    char name[32];

    if (factor != NULL)
        stretch = atoi(factor);
    if (fault == NULL
        || sscanf(fault, "%31[^:]:%ld:%31s", function, &wanted, name) != 3)
        return;
    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        if (strcmp(errors[i].name, name) == 0)
            error = errors[i].error;
    }
    if (error == 0) {
        fprintf(stderr, "wrap: FAULT=%s: unknown error\n", fault);
        abort();
    }
}

// Without a handler, Ctrl-C would end the program.
static bool has_handler(void)
{
    struct sigaction action;

    sigaction(SIGINT, NULL, &action);
    return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

// Is this the call that is to fail? Then sets errno; the caller returns the
// failure.
static bool fails(const char *name)
{
    bool is_ctrl_c = error == CTRL_C;

    if ((strcmp(name, function) != 0 && strcmp("any", function) != 0)
        || (is_ctrl_c && !has_handler())
        || atomic_fetch_add(&calls, 1) + 1 != wanted)
        return false;
    int saved = errno;
    const char *fired = getenv("FAULT_FIRED");
    if (fired != NULL)
        close(open(fired, O_CREAT | O_WRONLY, 0600));
    if (is_ctrl_c)
        raise(SIGINT);
    errno = is_ctrl_c ? saved : error;
    return !is_ctrl_c;
}

static int stretched(int ms)
{
    if (ms <= 0)
        return ms;
    return ms < INT_MAX / stretch ? ms * stretch : INT_MAX;
}

// Replaces libc's function, without --wrap: never fails, but can get a Ctrl-C.
int clock_gettime(clockid_t kind, struct timespec *now)
{
    fails("clock_gettime");
    return (int)syscall(SYS_clock_gettime, kind, now);
}

#define WRAP(type, name, parameters, arguments, failure) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters \
    { \
        return fails(#name) ? failure : __real_##name arguments; \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, strndup, (const char *text, size_t n), (text, n), NULL)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL)
WRAP(void *, mmap,
    (void *at, size_t size, int protection, int flags, int fd, off_t offset),
    (at, size, protection, flags, fd, offset), MAP_FAILED)
WRAP(int, pipe, (int ends[2]), (ends), -1)
WRAP(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n), -1)
WRAP(int, accept, (int fd, struct sockaddr *from, socklen_t *len),
    (fd, from, len), -1)
WRAP(int, socket, (int domain, int kind, int protocol),
    (domain, kind, protocol), -1)
WRAP(int, setsockopt,
    (int fd, int level, int option, const void *value, socklen_t len),
    (fd, level, option, value, len), -1)
WRAP(int, getsockopt,
    (int fd, int level, int option, void *value, socklen_t *len),
    (fd, level, option, value, len), -1)
WRAP(int, poll, (struct pollfd * fds, nfds_t n, int ms),
    (fds, n, stretched(ms)), -1)
WRAP(int, epoll_create1, (int flags), (flags), -1)
WRAP(int, epoll_ctl, (int epoll, int what, int fd, struct epoll_event *event),
    (epoll, what, fd, event), -1)
WRAP(int, epoll_wait, (int epoll, struct epoll_event *events, int n, int ms),
    (epoll, events, n, stretched(ms)), -1)
WRAP(int, pthread_create,
    (pthread_t * thread, const pthread_attr_t *attributes,
        void *(*start)(void *), void *arg),
    (thread, attributes, start, arg), error)
WRAP(int, getaddrinfo,
    (const char *host, const char *service, const struct addrinfo *hints,
        struct addrinfo **found),
    (host, service, hints, found), error)

int __real_connect(int fd, const struct sockaddr *to, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
    if (!fails("connect"))
        return __real_connect(fd, to, len);
    if (error == EINTR)
        __real_connect(fd, to, len);
    errno = error;
    return -1;
}

ssize_t __real_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    if (!fails("send"))
        return __real_send(fd, bytes, len, flags);
    return error == SHORT ? __real_send(fd, bytes, 1, flags) : -1;
}

ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    if (!fails("recv"))
        return __real_recv(fd, buffer, size, flags);
    return error == SHORT ? __real_recv(fd, buffer, 1, flags) : -1;
}
