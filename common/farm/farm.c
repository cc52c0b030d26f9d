// farm.c - the slow animals: a server that takes its time.
//
//     farm [--port N] [--pace X] [--delay MS] [--spread MS] [--log FILE]
//          [--lifeline FD]
//
// Prints its address and serves, on 127.0.0.1 and if it can on [::1], until
// SIGINT, SIGTERM or the end of the lifeline:
//
//     /animals/NAME[?delay=MS]    one sound, after that animal's delay
//     /drip/NAME                  ten lines over about a second
//     /site/                      pages to crawl (site.h)
//     /chaos/                     wrong answers (chaos.h)
//     /stats[?reset]              what has happened so far
//
// Ten thousand clients wait on one thread. Each is a struct of some 150 bytes
// in which two function pointers say how its story goes on: what to do when
// its descriptor is ready, and what to do when its time has come. That is the
// loop of chapter 4, and all of it is in serve().
//
//     on_connect -> on_request -> [waits] -> on_due -> closed
//                                               |  ^
//                                               v  | a pause, a slow reader
//                                             on_more

#include "chaos.h"
#include "clock.h"
#include "errors.h"
#include "interrupt.h"
#include "options.h"
#include "reply.h"
#include "selector.h"
#include "site.h"
#include "species.h"
#include "timers.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The sockets must not block. On Linux a flag says so call by call, which
// saves a fcntl() for each client; where headers hide that flag (the BSDs and
// macOS), a new socket has inherited O_NONBLOCK from its listener.
#ifndef MSG_DONTWAIT
#define MSG_DONTWAIT 0
#endif

#define MAX_REQUEST 16384 // bytes
#define MAX_HOST 255
#define TURN 256 // so many clients or answers are served before others

// Whatever the loop waits for: a descriptor, a moment, and what to do then.
struct source {
    struct timer timer; // first: a timer that is due is its source
    void (*on_ready)(struct source *source);
    void (*on_time)(struct source *source);
    int fd;
};

struct connection {
    struct source source; // first: the source of a connection is one
    bool in_flight; // its request has been read, its answer is not complete
    int status; // of the answer, for the log
    struct connection *next; // of all of them
    struct connection *previous;
    char *request; // owned: what has come of it; later method, target, host
    const char *target; // into request, and NUL-terminated, as is the host
    const char *host;
    const struct route *route;
    struct reply *rest; // owned: what is still to be sent; NULL at first
    double since; // when the request had been read
    size_t count; // bytes received of the request; later, sent of the answer
};

struct route {
    const char *prefix;
    int (*delay)(const char *target); // ms; NULL: at once
    void (*answer)(struct connection *connection, struct reply *reply);
};

// How often the requests that fail at first have failed, by a hash of what
// they were for. When it gets crowded everything is forgotten.
struct failure {
    uint64_t key; // 0: free
    int times;
};

enum { FAILURES = 1 << 16 };

static struct {
    struct options options;
    struct selector *selector;
    struct timers timers;
    struct source listeners[2]; // IPv4, IPv6
    struct source lifeline;
    struct source interrupt;
    bool full; // no descriptor is left: clients wait outside
    bool stopping;
    FILE *log; // or NULL
    struct connection *connections;
    struct reply reply; // the one being written; few take more than one send
    char input[MAX_REQUEST + 1]; // the one being read
    struct failure failures[FAILURES];
    int num_failures;
    uint32_t spreads; // delays that --spread has added to
    // For /stats:
    int open;
    int in_flight;
    int waiting;
    int peak;
    long connected;
    long requests;
    long responses;
    long vanished;
} farm;

// --- Connections -------------------------------------------------------------

static struct connection *connection_of(struct source *source)
{
    return (struct connection *)source;
}

static void count_in(struct connection *c)
{
    c->in_flight = true;
    farm.requests++;
    if (++farm.in_flight > farm.peak)
        farm.peak = farm.in_flight;
}

static void log_request(const struct connection *c, const char *remark)
{
    struct timespec now;
    struct tm utc;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(farm.log, "%s.%03ldZ %s ", text, now.tv_nsec / 1000000, c->request);
    // A log is read on terminals, and clients send what they like.
    for (const char *at = c->target; *at != '\0'; at++)
        fprintf(farm.log, *at > ' ' && *at < 127 ? "%c" : "%%%02X",
            (unsigned char)*at);
    fprintf(farm.log, " %d %zu %.1f%s\n", c->status, c->count,
        (clock_now() - c->since) * 1e3, remark);
}

static void count_out(struct connection *c, bool vanished)
{
    if (!c->in_flight)
        return;
    c->in_flight = false;
    farm.in_flight--;
    if (vanished)
        farm.vanished++;
    else
        farm.responses++;
    if (farm.log != NULL)
        log_request(c, vanished ? " vanished" : "");
}

static void listen_again(struct source *source);

static void disconnect(struct connection *c)
{
    if (timer_is_armed(&c->source.timer) && c->rest == NULL)
        farm.waiting--;
    count_out(c, true);
    timer_cancel(&farm.timers, &c->source.timer);
    selector_forget(farm.selector, c->source.fd);
    close(c->source.fd);
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        farm.connections = c->next;
    if (c->rest != NULL)
        reply_free(c->rest);
    free(c->rest);
    free(c->request);
    free(c);
    farm.open--;
    if (farm.full)
        listen_again(&farm.listeners[0]);
}

// From now on `on_ready` is what happens when the client's descriptor is.
// Call it last: without the memory to watch it the client is gone.
static void watch(
    struct connection *c, int interest, void (*on_ready)(struct source *source))
{
    c->source.on_ready = on_ready;
    if (selector_set(farm.selector, c->source.fd, interest, &c->source) != 0)
        disconnect(c);
}

// --- Sending -----------------------------------------------------------------

enum progress {
    SENT, // all of it
    BLOCKED, // until the client reads
    PAUSED, // until the next piece is due
    GONE, // the client is
};

static enum progress send_some(struct connection *c, struct reply *reply)
{
    // An answer without end must not keep the others from theirs.
    for (int i = 0; i < 16; i++) {
        if (reply->start == reply->stop && reply->again > 0)
            reply->start = reply->again;
        size_t n = reply->stop - reply->start;
        if (n == 0)
            return SENT;
        size_t piece = reply->first > 0 ? reply->first : reply->piece;
        if (piece > 0 && piece < n)
            n = piece;
        ssize_t sent =
            send(c->source.fd, reply->bytes + reply->start, n, MSG_DONTWAIT);
        if (sent == -1)
            return errno == EAGAIN || errno == EINTR ? BLOCKED : GONE;
        reply->start += (size_t)sent;
        c->count += (size_t)sent;
        reply->first = 0;
        if (reply->piece > 0 && reply->start < reply->stop)
            return PAUSED;
    }
    return reply->start == reply->stop && reply->again == 0 ? SENT : BLOCKED;
}

// Nothing is expected from this client but that it may hang up.
static void on_chatter(struct source *source)
{
    ssize_t n = recv(source->fd, farm.input, sizeof(farm.input), MSG_DONTWAIT);

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
        disconnect(connection_of(source));
}

static void finish(struct connection *c, enum reply_end end)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    if (end != REPLY_NEVER)
        count_out(c, false);
    switch (end) {
    case REPLY_RESET:
        setsockopt(
            c->source.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        disconnect(c);
        return;
    case REPLY_CLOSE:
        disconnect(c);
        return;
    case REPLY_HALF_CLOSE:
        shutdown(c->source.fd, SHUT_WR);
        break;
    case REPLY_STAY:
    case REPLY_NEVER:
        break;
    }
    watch(c, SELECT_READ, on_chatter);
}

// What could not be sent at once moves in with the connection, bytes and all;
// the farm starts its next answer with an empty reply.
static bool keep_rest(struct connection *c)
{
    int on = 1;

    c->rest = malloc(sizeof(*c->rest));
    if (c->rest == NULL)
        return false;
    *c->rest = farm.reply;
    farm.reply = (struct reply){ 0 };
    if (c->rest->piece > 0) // or the kernel gathers the pieces again (Nagle)
        setsockopt(c->source.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return true;
}

static void on_more(struct source *source);

static void deliver(struct connection *c, struct reply *reply)
{
    enum progress progress = send_some(c, reply);

    if (progress == SENT) {
        finish(c, reply->end);
        return;
    }
    if (progress == GONE || (c->rest == NULL && !keep_rest(c))) {
        disconnect(c);
        return;
    }
    if (progress == BLOCKED) {
        watch(c, SELECT_WRITE, on_more);
        return;
    }
    c->source.on_time = on_more;
    timer_arm(&farm.timers, &c->source.timer,
        clock_now() + c->rest->pause * 1e-3 * farm.options.pace);
    watch(c, SELECT_READ, on_chatter);
}

// The client can take more, or the pause is over.
static void on_more(struct source *source)
{
    struct connection *c = connection_of(source);

    deliver(c, c->rest);
}

// --- Routes ------------------------------------------------------------------

static void answer_front(struct connection *c, struct reply *reply)
{
    if (strcmp(c->target, "/") != 0) {
        reply_printf(reply, "There is no such page.\n");
        reply_head(reply, 404, "text/plain", "");
        return;
    }
    reply_printf(reply,
        "The farm. Its animals are slow.\n\n"
        "/animals/NAME  one sound: /animals/cow, /animals/cow?delay=100\n"
        "/drip/NAME     ten lines over about a second\n"
        "/site/         an encyclopaedia to crawl; "
        "/site/n1000,k10/ a larger site\n"
        "/chaos/        wrong answers\n"
        "/stats         what has happened so far; /stats?reset\n");
    reply_head(reply, 200, "text/plain", "");
}

static struct slice animal_name(const char *target)
{
    const char *name = target + strlen("/animals/");

    return (struct slice){ name, strcspn(name, "?") };
}

// What --spread adds for the next request, from 0 to that many ms. Multiples of
// the golden ratio fill the range evenly, however many there are.
static int spread(void)
{
    uint32_t place = farm.spreads++ * 2654435769u;

    return (int)((uint64_t)place * ((uint64_t)farm.options.spread + 1) >> 32);
}

// What comes behind "delay=" in the query, or NULL.
static const char *find_delay(const char *target)
{
    const char *at = strchr(target, '?');

    while (at != NULL && strncmp(at + 1, "delay=", 6) != 0)
        at = strchr(at + 1, '&');
    return at != NULL ? at + 1 + 6 : NULL;
}

static int animal_delay(const char *target)
{
    int animal = species_find(animal_name(target));
    const char *asked = find_delay(target);

    if (animal == -1)
        return 0;
    if (asked != NULL) {
        long delay = strtol(asked, NULL, 10);
        delay = delay < 0 ? 0 : delay > 86400000 ? 86400000 : delay;
        return (int)delay + spread();
    }
    if (farm.options.delay >= 0)
        return farm.options.delay + spread();
    return species_delay(animal) + spread();
}

static void answer_animal(struct connection *c, struct reply *reply)
{
    struct slice name = animal_name(c->target);
    int animal = species_find(name);

    if (name.len == 0)
        reply_printf(reply, "Welcome to the farm!\n");
    else if (animal == -1)
        reply_printf(reply, "There is no such animal.\n");
    else
        reply_printf(reply, "%s", species_sound(animal));
    reply_head(
        reply, name.len > 0 && animal == -1 ? 404 : 200, "text/plain", "");
}

static void answer_drip(struct connection *c, struct reply *reply)
{
    const char *name = c->target + strlen("/drip/");
    size_t begin = reply->stop;

    for (int i = 1; i <= 10; i++)
        reply_printf(reply, "%.100s: drop %2d of 10\n", name, i);
    size_t len = reply->stop - begin;
    reply_head(reply, 200, "text/plain", "");
    reply->first = begin - reply->start;
    reply->piece = len / 10;
    reply->pause = 100;
}

static void answer_site(struct connection *c, struct reply *reply)
{
    site_reply(reply, c->target, c->host);
}

static void answer_chaos(struct connection *c, struct reply *reply)
{
    chaos_reply(reply, c->target);
}

// One number of /proc/self/status, in KB; 0 where there is none.
static long proc_kb(const char *field)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;

    if (file == NULL)
        return 0;
    while (kb == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0)
            kb = strtol(line + strlen(field), NULL, 10);
    }
    fclose(file);
    return kb;
}

static void forget_failures(void)
{
    if (farm.num_failures > 0) // or memory is touched for nothing
        memset(farm.failures, 0, sizeof(farm.failures));
    farm.num_failures = 0;
}

static void reset(void)
{
    farm.connected = farm.requests = farm.responses = farm.vanished = 0;
    farm.peak = farm.in_flight;
    farm.spreads = 0;
    forget_failures();
}

static void answer_stats(struct connection *c, struct reply *reply)
{
    double user;
    double system;

    clock_cpu(&user, &system);
    reply_printf(reply,
        "{\"connections\":%ld,\"requests\":%ld,\"responses\":%ld,"
        "\"vanished\":%ld,\"peak_concurrency\":%d,\"in_flight\":%d,"
        "\"waiting\":%d,\"open\":%d,\"rss_kb\":%ld,\"peak_rss_kb\":%ld,"
        "\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f}\n",
        farm.connected, farm.requests, farm.responses, farm.vanished, farm.peak,
        farm.in_flight, farm.waiting, farm.open - 1, proc_kb("VmRSS:"),
        proc_kb("VmHWM:"), user, system);
    reply_head(reply, 200, "application/json", "");
    if (strcmp(c->target, "/stats?reset") == 0)
        reset();
}

// A request that is none: c->status says why. Some of it may not have been
// read, and closing now would turn into a reset that overtakes the answer.
static void answer_refusal(struct connection *c, struct reply *reply)
{
    reply_printf(reply, "Sorry, not like this.\n");
    reply_head(reply, c->status, "text/plain",
        c->status == 405 ? "Allow: GET\r\n" : "");
    reply->end = REPLY_HALF_CLOSE;
}

static const struct route refusal = { "", NULL, answer_refusal };

static const struct route stats = { "/stats", NULL, answer_stats };

static const struct route routes[] = {
    { "/animals/", animal_delay, answer_animal },
    { "/drip/", NULL, answer_drip },
    { "/site/", site_delay, answer_site },
    { "/chaos/", NULL, answer_chaos },
    { "/", NULL, answer_front },
};

static const struct route *find_route(const char *target)
{
    size_t i = 0;

    if (strcmp(target, "/stats") == 0 || strcmp(target, "/stats?reset") == 0)
        return &stats;
    while (strncmp(target, routes[i].prefix, strlen(routes[i].prefix)) != 0)
        i++; // the last one fits all
    return &routes[i];
}

// --- Answering ---------------------------------------------------------------

// How often has this request failed before? Counts it as one more.
static int count_failure(const char *target)
{
    uint64_t key = 14695981039346656037u; // FNV-1a

    for (const char *at = target; *at != '\0'; at++)
        key = (key ^ (unsigned char)*at) * 1099511628211u;
    key |= 1;
    if (farm.num_failures > FAILURES / 2)
        forget_failures();
    size_t i = (size_t)(key >> 32) % FAILURES;
    while (farm.failures[i].key != 0 && farm.failures[i].key != key)
        i = (i + 1) % FAILURES;
    if (farm.failures[i].key == 0)
        farm.num_failures++;
    farm.failures[i].key = key;
    return farm.failures[i].times++;
}

static bool fails_now(const struct connection *c)
{
    int times = 0;

    if (c->route->answer == answer_chaos)
        times = chaos_fails_first(c->target);
    else if (c->route->answer == answer_site)
        times = site_fails_first(c->target);
    return times > 0 && count_failure(c->target) < times;
}

static void answer(struct connection *c)
{
    struct reply *reply = &farm.reply;

    reply_clear(reply); // and if it stays so, it is closed without an answer
    if (!fails_now(c))
        c->route->answer(c, reply);
    c->status = reply->status;
    if (reply->failed)
        disconnect(c);
    else
        deliver(c, reply);
}

// The animal has thought long enough.
static void on_due(struct source *source)
{
    farm.waiting--;
    answer(connection_of(source));
}

// --- Requests ----------------------------------------------------------------

struct request {
    struct slice method;
    struct slice target;
    struct slice host;
};

// A line ends in CRLF, or where somebody types it into nc in LF (RFC 9112,
// 2.2); the head ends in an empty one.
static bool is_complete(const char *text)
{
    return strstr(text, "\n\r\n") != NULL || strstr(text, "\n\n") != NULL;
}

// The value of the first Host header. Absent: .at is NULL.
static struct slice find_host(const char *text)
{
    struct slice host = { 0 };

    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        if (*text == '\r' || *text == '\n')
            break; // what follows is no header any more
        size_t name_len = strcspn(text, ":\r\n");
        if (!slice_like((struct slice){ text, name_len }, "host"))
            continue;
        text += name_len;
        if (*text == ':')
            text++;
        text += strspn(text, " \t");
        host = (struct slice){ text, strcspn(text, " \t\r\n") };
        break;
    }
    return host;
}

// Returns 0, or the status with which to refuse it. A client that sends bytes
// unescaped which have no place in a request line is told so.
static int parse_request(const char *text, struct request *request)
{
    static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.-_:[]";
    const char *at = text;

    request->method = (struct slice){ at, strcspn(at, " \r\n") };
    at += request->method.len;
    at += *at == ' ';
    request->target = (struct slice){ at, 0 };
    for (; *at > ' ' && *at < 127; at++)
        request->target.len++;
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != request->method.len
        || *request->target.at != '/' || strncmp(at, " HTTP/1.", 8) != 0)
        return 400;
    request->host = find_host(at);
    if (request->host.at == NULL && strncmp(at, " HTTP/1.0", 9) == 0
        && (at[9] == '\r' || at[9] == '\n'))
        request->host = slice_of("localhost");
    if (request->host.len == 0 || request->host.len > MAX_HOST
        || strspn(request->host.at, host_bytes) < request->host.len)
        return 400;
    return slice_equal(request->method, slice_of("GET")) ? 0 : 405;
}

// Gives the connection its request: three strings behind one another.
static bool keep_request(struct connection *c, const struct request *request)
{
    const struct slice parts[3] = {
        request->method,
        request->target,
        request->host,
    };
    char *texts[3];
    char *to =
        realloc(c->request, parts[0].len + parts[1].len + parts[2].len + 3);

    if (to == NULL)
        return false;
    c->request = to;
    for (int i = 0; i < 3; i++) {
        texts[i] = memcpy(to, parts[i].at, parts[i].len);
        to += parts[i].len;
        *to++ = '\0';
    }
    c->target = texts[1];
    c->host = texts[2];
    return true;
}

// The request is complete: answers it, or lets it wait for its moment.
static void accept_request(struct connection *c, int status)
{
    c->route = status == 0 ? find_route(c->target) : &refusal;
    c->status = status;
    c->count = 0;
    c->since = clock_now();
    if (c->route == &stats) // looking does not count
        farm.connected -= farm.connected > 0;
    else
        count_in(c);
    double delay = 0;
    if (c->route->delay != NULL)
        delay = c->route->delay(c->target) * 1e-3 * farm.options.pace;
    if (delay <= 0) {
        answer(c);
        return;
    }
    farm.waiting++;
    c->source.on_time = on_due;
    timer_arm(&farm.timers, &c->source.timer, c->since + delay);
    watch(c, SELECT_READ, on_chatter); // as before: no system call
}

// There is one buffer for all clients, because nothing waits between receiving
// and parsing. Only a request that comes in pieces is kept meanwhile.
static void on_request(struct source *source)
{
    struct connection *c = connection_of(source);
    struct request request = { slice_of("-"), slice_of("-"), slice_of("-") };
    int status = 431;

    if (c->count > 0)
        memcpy(farm.input, c->request, c->count);
    ssize_t n = recv(source->fd, farm.input + c->count, MAX_REQUEST - c->count,
        MSG_DONTWAIT);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        disconnect(c);
        return;
    }
    c->count += (size_t)n;
    farm.input[c->count] = '\0';
    if (is_complete(farm.input)) {
        status = parse_request(farm.input, &request);
    } else if (c->count < MAX_REQUEST) {
        char *kept = realloc(c->request, c->count);
        if (kept == NULL) {
            disconnect(c);
            return;
        }
        c->request = memcpy(kept, farm.input, c->count);
        return;
    }
    if (status == 400 || status == 431)
        request =
            (struct request){ slice_of("-"), slice_of("-"), slice_of("-") };
    if (keep_request(c, &request))
        accept_request(c, status);
    else
        disconnect(c);
}

// --- Listening ---------------------------------------------------------------

static void connect_client(int fd)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        close(fd);
        return;
    }
    c->source.fd = fd;
    c->next = farm.connections;
    if (c->next != NULL)
        c->next->previous = c;
    farm.connections = c;
    farm.connected++;
    farm.open++;
    watch(c, SELECT_READ, on_request);
}

static void on_connect(struct source *listener)
{
    for (int i = 0; i < TURN; i++) {
        int fd = accept(listener->fd, NULL, NULL);
        if (fd != -1) {
            connect_client(fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
            || errno == ENOMEM) {
            // Level-triggered, it would ask again and again. A client that
            // leaves makes room; if somebody else has it, time will tell.
            farm.full = true;
            for (int j = 0; j < 2; j++)
                selector_set(farm.selector, farm.listeners[j].fd, 0, NULL);
            timer_arm(
                &farm.timers, &farm.listeners[0].timer, clock_now() + 0.1);
        }
        return; // nobody is left at the door, or went away again
    }
}

static void listen_again(struct source *source)
{
    farm.full = false;
    timer_cancel(&farm.timers, &source->timer);
    for (int i = 0; i < 2; i++)
        selector_set(farm.selector, farm.listeners[i].fd, SELECT_READ,
            &farm.listeners[i]);
}

// Returns 0 or a negative errno.
static int listen_at(
    struct source *source, const struct sockaddr *address, socklen_t len)
{
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM, 0);

    source->fd = -1;
    if (fd == -1)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, address, len) == -1 || listen(fd, SOMAXCONN) == -1
        || fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
        int error = -errno;
        close(fd);
        return error;
    }
    source->fd = fd;
    source->on_ready = on_connect;
    source->on_time = listen_again;
    return selector_set(farm.selector, fd, SELECT_READ, source);
}

// Names what the farm cannot have, and returns why not: `error`.
static int complain(int error, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "farm: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, ": %s\n",
        error == -EADDRINUSE ? "in use; try another one (--port, PORT=)"
                             : error_text(error));
    return error;
}

// Listens and prints where. Returns 0 or a negative errno.
static int open_doors(void)
{
    struct sockaddr_in four = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)farm.options.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6,
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    socklen_t len = sizeof(four);

    int error =
        listen_at(&farm.listeners[0], (struct sockaddr *)&four, sizeof(four));
    if (error != 0)
        return complain(error, "port %d", farm.options.port);
    getsockname(farm.listeners[0].fd, (struct sockaddr *)&four, &len);
    six.sin6_port = four.sin_port;
    // Not every system has IPv6, and the port may be taken there: so be it.
    listen_at(&farm.listeners[1], (struct sockaddr *)&six, sizeof(six));
    printf("http://127.0.0.1:%d\n", ntohs(four.sin_port));
    fflush(stdout);
    return 0;
}

// --- The loop ----------------------------------------------------------------

static void on_stop(struct source *source)
{
    (void)source;
    farm.stopping = true;
}

static void on_lifeline(struct source *source)
{
    ssize_t n = read(source->fd, farm.input, sizeof(farm.input));

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
        farm.stopping = true;
}

// All the farm ever does. Returns 0 or a negative errno.
static int serve(void)
{
    struct selector_event event;
    struct source *source;
    int error = 0;

    while (!farm.stopping && error == 0) {
        error = selector_wait(farm.selector, timers_next(&farm.timers));
        while (selector_next(farm.selector, &event)) {
            source = event.data;
            source->on_ready(source);
        }
        // Not all that are due at once: ten thousand answers take their time,
        // and meanwhile new clients would be kept waiting at the door.
        double now = clock_now();
        for (int i = 0; i < TURN; i++) {
            source = (struct source *)timers_due(&farm.timers, now);
            if (source == NULL)
                break;
            source->on_time(source);
        }
        if (farm.log != NULL)
            fflush(farm.log);
    }
    return error;
}

static int watch_for_the_end(void)
{
    int error = interrupt_init();

    if (error != 0)
        return complain(error, "cannot watch for Ctrl-C");
    farm.interrupt = (struct source){
        .fd = interrupt_fd(),
        .on_ready = on_stop,
    };
    error = selector_set(
        farm.selector, farm.interrupt.fd, SELECT_READ, &farm.interrupt);
    if (error != 0)
        return complain(error, "cannot watch for Ctrl-C");
    if (farm.options.lifeline == -1)
        return 0;
    farm.lifeline = (struct source){
        .fd = farm.options.lifeline,
        .on_ready = on_lifeline,
    };
    // Not every selector asks whether there is such a descriptor.
    error = fcntl(farm.lifeline.fd, F_GETFD) == -1 ? -errno : 0;
    if (error == 0)
        error = selector_set(
            farm.selector, farm.lifeline.fd, SELECT_READ, &farm.lifeline);
    if (error != 0)
        return complain(error, "--lifeline %d", farm.lifeline.fd);
    return 0;
}

static int open_log(void)
{
    const char *name = farm.options.log;

    if (name == NULL)
        return 0;
    farm.log = strcmp(name, "-") == 0 ? stderr : fopen(name, "a");
    if (farm.log == NULL)
        return complain(-errno, "cannot write %s", name);
    setvbuf(farm.log, NULL, _IOFBF, BUFSIZ); // serve() flushes it
    return 0;
}

static int open_selector(void)
{
    const char *kind = farm.options.selector;

    farm.selector = selector_new(kind, options_descriptors());
    if (farm.selector == NULL)
        return complain(
            -errno, "--selector %s", kind != NULL ? kind : "(default)");
    return 0;
}

static void close_all(void)
{
    while (farm.connections != NULL)
        disconnect(farm.connections);
    for (int i = 0; i < 2; i++) {
        if (farm.listeners[i].fd != -1)
            close(farm.listeners[i].fd);
    }
    selector_free(farm.selector);
    reply_free(&farm.reply);
    if (farm.log != NULL)
        fclose(farm.log);
    options_free(&farm.options);
    interrupt_free();
}

int main(int argc, char **argv)
{
    options_standard_streams();
    unsetenv("CLOCK"); // the world does not stop for a client's virtual clock
    int code = options_parse(&farm.options, "farm", argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    signal(SIGPIPE, SIG_IGN);
    farm.listeners[0].fd = farm.listeners[1].fd = -1;
    int error = open_log();
    if (error == 0)
        error = open_selector();
    if (error == 0)
        error = watch_for_the_end();
    if (error == 0)
        error = open_doors();
    if (error == 0) {
        error = serve();
        if (error != 0)
            complain(error, "cannot wait any more");
    }
    close_all();
    return error == 0 ? EXIT_FINE : EXIT_SOME_FAILED;
}
