// net.c - a list of hosts with their addresses, under one mutex; getaddrinfo()
// for unknown hosts; sockets, and errnos made uniform.

#include "net.h"

#include "clock.h"
#include "errors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// The address that a page was last given; see report_try().
struct assignment {
    uint32_t url_hash; // of the page
    unsigned moves; // host->moves at that time
};

enum { ASSIGNMENTS = 256 }; // a small table: a page may overwrite another

// A host and port. Hosts are in a list, searched from the start each time:
// enough for the few hosts of a crawl; thousands would need a hash table.
struct host {
    struct host *next;
    char *name; // without the brackets of an IPv6 address
    unsigned short port;
    bool pending; // a thread is looking up this host at the moment
    int error; // of the last look-up
    int count;
    struct address *addresses;
    unsigned moves; // number of moves to the next address so far
    struct assignment assignments[ASSIGNMENTS];
};

// All under the mutex, except the addresses of a pending host.
static struct host *hosts;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t lookup_ended = PTHREAD_COND_INITIALIZER;

// --- Addresses -------------------------------------------------------------

// Fills in *address from "127.0.0.1" or "::1". Returns false for anything else.
static bool parse_address(
    struct address *address, const char *digits, unsigned short port)
{
    *address = (struct address){ .len = sizeof(address->v4) };
    if (inet_pton(AF_INET, digits, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return true;
    }
    *address = (struct address){ .len = sizeof(address->v6) };
    if (inet_pton(AF_INET6, digits, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

// Gives the host one address. Returns 0, -EINVAL or -ENOMEM.
static int set_address(struct host *host, const char *digits)
{
    struct address address;

    if (!parse_address(&address, digits, host->port))
        return -EINVAL;
    free(host->addresses);
    host->count = 0;
    host->addresses = malloc(sizeof(address));
    if (host->addresses == NULL)
        return -ENOMEM;
    *host->addresses = address;
    host->count = 1;
    return 0;
}

// Converts a result of getaddrinfo() to an error. Any code not known to be
// transient means that the name is bad: systems have more such codes than POSIX
// defines, EAI_NODATA for instance.
static int lookup_error(int code)
{
    switch (code) {
    case 0: return 0;
    case EAI_AGAIN: return ERROR_LOOKUP;
    case EAI_MEMORY: return -ENOMEM;
    case EAI_SYSTEM:
        // A caller of net_lookup_known() would wait after -EAGAIN.
        return errno == 0 || errno == EAGAIN ? ERROR_LOOKUP : -errno;
    default:
        // Without a free descriptor, glibc cannot open /etc/hosts or reach a
        // name server, and reports that the name does not exist.
        return errno == EMFILE || errno == ENFILE ? -errno : ERROR_NO_SUCH_HOST;
    }
}

// Looks up the addresses of a host. Returns 0 or an error.
static int ask_name_servers(struct host *host)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    char service[8];

    snprintf(service, sizeof(service), "%u", host->port);
    errno = 0; // lookup_error() reads errno
    int error = lookup_error(getaddrinfo(host->name, service, &hints, &found));
    if (error != 0)
        return error;

    int count = 0;
    for (struct addrinfo *at = found; at != NULL; at = at->ai_next)
        count++;
    struct address *addresses = calloc((size_t)count, sizeof(*addresses));
    count = 0;
    for (struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        if (addresses == NULL || at->ai_addrlen > sizeof(addresses->v6))
            continue;
        memcpy(&addresses[count].any, at->ai_addr, at->ai_addrlen);
        addresses[count++].len = at->ai_addrlen;
    }
    freeaddrinfo(found);
    host->addresses = addresses;
    host->count = count;
    if (addresses == NULL)
        return -ENOMEM;
    return count > 0 ? 0 : ERROR_NO_SUCH_HOST;
}

// --- The cache -------------------------------------------------------------

// Finds or adds a host and port. Returns NULL without memory.
static struct host *find_host(struct slice name, unsigned short port)
{
    struct host *host = hosts;

    if (name.len >= 2 && name.at[0] == '[') {
        name.at++;
        name.len -= 2;
    }
    while (host != NULL
        && (host->port != port || !slice_equal(slice_of(host->name), name)))
        host = host->next;
    if (host != NULL)
        return host;

    host = calloc(1, sizeof(*host));
    if (host == NULL)
        return NULL;
    host->name = strndup(name.at, name.len);
    if (host->name == NULL) {
        free(host);
        return NULL;
    }
    host->port = port;
    host->next = hosts;
    hosts = host;
    return host;
}

// Looks up a host, or waits until another thread has done so. Called with the
// mutex locked, but unlocks the mutex during the look-up: other hosts can be
// looked up in the meantime.
static void ask_once(struct host *host)
{
    if (host->pending) {
        while (host->pending)
            pthread_cond_wait(&lookup_ended, &mutex);
        return;
    }
    host->pending = true;
    pthread_mutex_unlock(&mutex);
    int error = ask_name_servers(host);
    pthread_mutex_lock(&mutex);
    host->error = error;
    host->pending = false;
    pthread_cond_broadcast(&lookup_ended);
}

static uint32_t hash(const char *text)
{
    uint32_t h = 2166136261; // FNV-1a

    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 16777619;
    return h;
}

// Moves the host on to the next address if the current address has failed.
//
// A try > 0 of a page means that the address of the previous try has failed. If
// an address is bad, all pages in flight report the failure, but the host must
// move on only once: so only a page that was given the current address counts.
// If the assignment of the page has been overwritten, a first retry moves the
// host on only if the host has never moved: otherwise another page has probably
// done so for the same failure. A later retry always moves the host on.
static void report_try(struct host *host, const char *url, int try)
{
    uint32_t url_hash = hash(url);
    struct assignment *last = &host->assignments[url_hash % ASSIGNMENTS];
    bool is_known = last->url_hash == url_hash && try > 0;
    bool is_current_bad = is_known
        ? last->moves == host->moves
        : try > 1 || (try == 1 && host->moves == 0);

    if (is_current_bad)
        host->moves++;
    *last = (struct assignment){ url_hash, host->moves };
}

static const struct address *choose_address(
    struct host *host, const struct url *url, int try)
{
    if (host->count > 1 && url->text != NULL)
        report_try(host, url->text, try);
    return &host->addresses[host->moves % (unsigned)host->count];
}

static int look_up(const struct url *url, int try, bool may_wait,
    const struct address **address)
{
    int error = -ENOMEM;

    if (trace_is_on)
        trace_url(url->text);
    pthread_mutex_lock(&mutex);
    struct host *host = find_host(url->host, url->port);
    if (host == NULL)
        goto unlock;
    error = -EAGAIN;
    // After a transient error, look up again.
    if (host->pending
        || (host->count == 0
            && (host->error == 0 || error_is_transient(host->error)))) {
        if (url_host_is_address(url))
            host->error = set_address(host, host->name);
        else if (may_wait)
            ask_once(host);
        else
            goto unlock; // leaves host->error unchanged
    }
    error = host->error;
    if (error == 0)
        *address = choose_address(host, url, try);
unlock:
    pthread_mutex_unlock(&mutex);
    return error;
}

int net_lookup(const struct url *url, int try, const struct address **address)
{
    return look_up(url, try, true, address);
}

int net_lookup_known(
    const struct url *url, int try, const struct address **address)
{
    return look_up(url, try, false, address);
}

// Makes a URL with the host `name`, to get the canonical spelling, by which
// hosts are looked up. Returns 0; -EINVAL if `name` is not a valid host;
// -ENOMEM.
static int spell_host(struct url *url, struct slice name)
{
    static const char scheme[] = "http://";
    size_t size = sizeof(scheme) + name.len;
    char *text = malloc(size);

    if (text == NULL)
        return -ENOMEM;
    int n = snprintf(text, size, "%s%.*s", scheme, (int)name.len, name.at);
    int error = url_parse(url, text, (size_t)n);
    free(text);
    if (error != 0)
        return error == -ENOMEM ? error : -EINVAL;
    // The spelling of an address may have changed. A name must have stayed
    // whole: "a/b" would have become the host "a".
    bool same = name.len == url->host.len || name.at[0] == '[';
    for (size_t i = 0; same && name.at[0] != '[' && i < name.len; i++)
        same = ascii_lower(name.at[i]) == url->host.at[i];
    if (!same)
        url_free(url);
    return same ? 0 : -EINVAL;
}

struct rule {
    struct slice host;
    unsigned short port;
    char digits[INET6_ADDRSTRLEN + 2]; // of the address
};

// Splits "HOST:PORT:ADDRESS" at the right colons: HOST may be "[::1]", and an
// ADDRESS without brackets may contain colons.
static bool parse_rule(struct rule *rule, const char *text)
{
    const char *host_end = text + (*text == '[' ? strcspn(text, "]") : 0);
    host_end += strcspn(host_end, ":");
    // Requires a digit, because strtol() also takes blanks and a sign.
    if (host_end == text || *host_end != ':' || !ascii_is_digit(host_end[1]))
        return false;
    char *port_end;
    long port = strtol(host_end + 1, &port_end, 10);
    if (port < 1 || port > 65535 || *port_end != ':')
        return false;
    bool bracketed = port_end[1] == '[';
    const char *at = port_end + 1 + bracketed;
    size_t n = strcspn(at, "]");
    if (n >= sizeof(rule->digits) || strcmp(at + n, bracketed ? "]" : "") != 0)
        return false;

    rule->host = (struct slice){ text, (size_t)(host_end - text) };
    rule->port = (unsigned short)port;
    memcpy(rule->digits, at, n);
    rule->digits[n] = '\0';
    return true;
}

int net_resolve(const char *text)
{
    struct rule rule;
    struct url url;

    if (!parse_rule(&rule, text))
        return -EINVAL;
    int error = spell_host(&url, rule.host);
    if (error != 0)
        return error;
    pthread_mutex_lock(&mutex);
    struct host *host = find_host(url.host, rule.port);
    error = host != NULL ? set_address(host, rule.digits) : -ENOMEM;
    pthread_mutex_unlock(&mutex);
    url_free(&url);
    return error;
}

void net_forget(void)
{
    while (hosts != NULL) {
        struct host *next = hosts->next;
        free(hosts->addresses);
        free(hosts->name);
        free(hosts);
        hosts = next;
    }
}

// --- Sockets ---------------------------------------------------------------

static int new_socket(const struct address *address, bool nonblocking)
{
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    int kind = SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
    int fd = socket(address->any.sa_family, kind, 0);
    return fd == -1 ? -errno : fd;
#else
    int fd = socket(address->any.sa_family, SOCK_STREAM, 0);
    if (fd == -1)
        return -errno;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (nonblocking)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
#endif
}

int net_socket(const struct address *address)
{
    return new_socket(address, false);
}

int net_socket_nonblocking(const struct address *address)
{
    return new_socket(address, true);
}

int net_listen(const char *host, int *port)
{
    struct url url = { .host = slice_of(host), .port = (unsigned short)*port };
    const struct address *known;
    struct address address;
    int fd = net_lookup(&url, 0, &known);

    if (fd == 0)
        fd = net_socket_nonblocking(known);
    if (fd < 0)
        return fd;
    address = *known;
    // A server that begins again need not wait for old connections to expire.
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, &address.any, address.len) == 0 && listen(fd, SOMAXCONN) == 0
        && getsockname(fd, &address.any, &address.len) == 0) {
        *port = ntohs(address.v4.sin_port); // in the same place in IPv6
        return fd;
    }
    int error = -errno;
    close(fd);
    return error;
}

int net_accept(int listener)
{
    int fd = net_result(accept(listener, NULL, NULL));

    if (fd == -ECONNABORTED)
        return -EAGAIN;
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
}

int net_connected(int fd)
{
    int error;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        return -errno;
    return -error;
}

// For the trace: the descriptor on which this thread's next call may block, or
// -1, and the place of the call.
static _Thread_local int blocking_fd = -1;
static _Thread_local struct trace_site blocking_at;

static atomic_long num_asked;
static atomic_long num_in_vain;

// Relaxed, because no other memory depends on the order of these increments.
static void count(atomic_long *number)
{
    atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
}

void net_count(long *asked, long *in_vain)
{
    *asked = atomic_load_explicit(&num_asked, memory_order_relaxed);
    *in_vain = atomic_load_explicit(&num_in_vain, memory_order_relaxed);
}

void net_call(const struct trace_site *site)
{
    blocking_at = *site;
    if (blocking_fd >= 0)
        trace_record(TRACE_WAIT_FD, TRACE_THIS, blocking_fd, site);
    else
        trace_run_if_due(site);
}

static void record_return(void)
{
    int error = errno;

    trace_record(TRACE_READY, TRACE_THIS, blocking_fd, &blocking_at);
    trace_record(TRACE_RUN, TRACE_THIS, 0, &blocking_at);
    errno = error;
}

int net_called(ssize_t n)
{
    count(&num_asked);
    if (trace_is_on && blocking_fd >= 0)
        record_return();
    blocking_fd = -1;
    if (n != -1)
        return (int)n;
    switch (errno) {
    case EISCONN: return 0;
    case EINTR:
    case EINPROGRESS:
    case EALREADY:
#if EAGAIN != EWOULDBLOCK
    case EWOULDBLOCK:
#endif
    case EAGAIN: count(&num_in_vain); return -EAGAIN;
    default: return -errno;
    }
}

int net_check_due(
    int n, int fd, double deadline, const struct trace_site *site)
{
    if (n != -EAGAIN)
        return n;
    if (clock_now() >= deadline)
        return -ETIMEDOUT;
    if (trace_is_on)
        trace_record(TRACE_WAIT_FD, TRACE_WATCHER, fd, site);
    return n;
}

int net_limit(int fd, int option, double deadline)
{
    double left = deadline - clock_now();
    long long us = (long long)(left * 1e6) + 1; // 0 would mean "no limit"
    struct timeval limit = {
        .tv_sec = (time_t)(us / 1000000),
        .tv_usec = (suseconds_t)(us % 1000000),
    };

    if (left <= 0)
        return -ETIMEDOUT;
    if (setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)) == -1)
        return -errno;
    blocking_fd = fd;
    return 0;
}
