// client.c - receives a request, waits for its delay or its gate, and sends the
// answer, without ever blocking; then closes the connection or expects another
// request.
//
// A client may send its next request before the answer is complete. Some of the
// bytes have then been discarded already, and the rest would make no sense: the
// connection is closed after the answer, even if the client asks to keep it.

#include "client.h"

#include "clock.h"
#include "farm.h"
#include "request.h"
#include "routes.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// No call on a client's socket may block. On Linux a flag in each call saves
// one fcntl() a client. Where headers hide the flag (the BSDs and macOS), a new
// socket has inherited O_NONBLOCK from its listener.
#ifndef MSG_DONTWAIT
#define MSG_DONTWAIT 0
#endif

enum {
    MAX_REQUEST = 16384, // bytes
    GATE_SECONDS = 10, // the longest time that a gate holds an answer
};

struct client {
    struct source source; // first, so that a source can be cast to its client
    bool in_flight; // the request has been read, the answer is not complete
    bool keeps; // the client asks to keep the connection
    bool was_kept; // this is not the first request
    bool is_early; // bytes came before the answer was complete
    int status; // of the answer, for the log
    struct client *next; // in the list of all clients
    struct client *previous;
    char *request; // owned; the bytes so far, later method, target, host
    const char *target; // target and host point into `request`
    const char *host;
    const struct route *route;
    struct reply *rest; // owned; the unsent part of the answer, or NULL
    double since; // when the request was complete
    double delay; // seconds from `since` to the answer
    int gate; // number of held clients that opens the gate; 0: not held
    size_t count; // bytes of the request received; later, of the answer sent
};

static struct client *clients;
static struct reply reply; // shared, as most answers go out in one send()
static char input[MAX_REQUEST + 1]; // the request being read
static int num_held; // clients at a gate
static int largest_open_gate; // gates of up to this many clients are open

static struct client *client_of(struct source *source)
{
    return (struct client *)source;
}

// --- Counting ----------------------------------------------------------------

static void count_in(struct client *c)
{
    c->in_flight = true;
    server.requests++;
    if (++server.in_flight > server.peak)
        server.peak = server.in_flight;
}

static void log_request(const struct client *c, const char *remark)
{
    struct timespec now;
    struct tm utc;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(
        server.log, "%s.%03ldZ %s ", text, now.tv_nsec / 1000000, c->request);
    // Escape control characters, because a log is read on terminals.
    for (const char *at = c->target; *at != '\0'; at++)
        fprintf(server.log, *at > ' ' && *at < 127 ? "%c" : "%%%02X",
            (unsigned char)*at);
    fprintf(server.log, " %d %zu %.1f%s\n", c->status, c->count,
        (clock_now() - c->since) * 1e3, remark);
}

static void count_out(struct client *c, bool vanished)
{
    if (!c->in_flight)
        return;
    c->in_flight = false;
    server.in_flight--;
    if (vanished)
        server.vanished++;
    else
        server.responses++;
    if (server.log != NULL)
        log_request(c, vanished ? " vanished" : "");
}

// --- The end -----------------------------------------------------------------

static void on_due(struct source *source);

static void leave_gate(struct client *c)
{
    num_held -= c->gate > 0;
    c->gate = 0;
}

static void free_rest(struct client *c)
{
    if (c->rest != NULL)
        reply_free(c->rest);
    free(c->rest);
    c->rest = NULL;
}

static void disconnect(struct client *c)
{
    if (timer_is_armed(&c->source.timer) && c->source.on_deadline == on_due)
        server.waiting--;
    leave_gate(c);
    count_out(c, true);
    timer_cancel(&server.timers, &c->source.timer);
    selector_forget(server.selector, c->source.fd, &c->source);
    close(c->source.fd);
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        clients = c->next;
    free_rest(c);
    free(c->request);
    free(c);
    server.open--;
    farm_has_room();
}

void client_disconnect_all(void)
{
    while (clients != NULL)
        disconnect(clients);
    reply_free(&reply);
}

// Sets the function to call when the client's descriptor is ready. The caller
// must not use `c` afterwards: a client that cannot be watched is freed.
static void watch(
    struct client *c, int interest, void (*on_ready)(struct source *source))
{
    c->source.on_ready = on_ready;
    if (selector_set(server.selector, c->source.fd, interest, &c->source) != 0)
        disconnect(c);
}

// The request has been read: discards further bytes and notices a hang-up.
static void on_chatter(struct source *source)
{
    ssize_t n = recv(source->fd, input, sizeof(input), MSG_DONTWAIT);

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
        disconnect(client_of(source));
    else if (n > 0)
        client_of(source)->is_early = true;
}

// --- The next request --------------------------------------------------------

static void on_request(struct source *source);

static void on_idle(struct source *source)
{
    disconnect(client_of(source));
}

// Closes the connection after --idle seconds, unless the timer is armed again
// or cancelled in the meantime.
static void limit_idle_time(struct client *c)
{
    c->source.on_deadline = on_idle;
    timer_arm(
        &server.timers, &c->source.timer, clock_now() + server.options.idle);
}

static void expect_request(struct client *c)
{
    free_rest(c);
    free(c->request);
    c->request = NULL;
    c->count = 0;
    c->delay = 0;
    c->was_kept = true;
    limit_idle_time(c);
    watch(c, SELECT_READ, on_request);
}

// --- Sending -----------------------------------------------------------------

enum progress {
    SENT, // the whole answer
    BLOCKED, // until the socket is writable; also after 16 calls
    PAUSED, // until the next piece is due
    GONE, // the client has left
};

static enum progress send_some(struct client *c, struct reply *answer)
{
    // A limit of calls, so that an endless answer does not hold up the others.
    for (int i = 0; i < 16; i++) {
        if (answer->start == answer->stop && answer->again > 0)
            answer->start = answer->again;
        size_t n = answer->stop - answer->start;
        if (n == 0)
            return SENT;
        size_t piece = answer->first > 0 ? answer->first : answer->piece;
        if (piece > 0 && piece < n)
            n = piece;
        ssize_t sent =
            send(c->source.fd, answer->bytes + answer->start, n, MSG_DONTWAIT);
        if (sent == -1)
            return errno == EAGAIN || errno == EINTR ? BLOCKED : GONE;
        answer->start += (size_t)sent;
        c->count += (size_t)sent;
        answer->first = 0;
        if (answer->piece > 0 && answer->start < answer->stop)
            return PAUSED;
    }
    return answer->start == answer->stop && answer->again == 0 ? SENT : BLOCKED;
}

static void finish(struct client *c, enum reply_end end)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    if (end != REPLY_NEVER)
        count_out(c, false);
    if (c->keeps && end == REPLY_STAY)
        end = REPLY_KEEP;
    // After requests in advance, some bytes may still be unread. To close the
    // socket then would send a reset, which can overtake the answer.
    if (c->keeps && c->is_early && (end == REPLY_KEEP || end == REPLY_CLOSE)) {
        end = REPLY_HALF_CLOSE;
        limit_idle_time(c);
    }
    switch (end) {
    case REPLY_RESET:
        setsockopt(
            c->source.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        disconnect(c);
        return;
    case REPLY_CLOSE: disconnect(c); return;
    case REPLY_KEEP: expect_request(c); return;
    case REPLY_HALF_CLOSE: shutdown(c->source.fd, SHUT_WR); break;
    case REPLY_STAY:
    case REPLY_NEVER: break;
    }
    watch(c, SELECT_READ, on_chatter);
}

// Moves the unsent part of the answer from `reply` into the client, with its
// memory. The next answer starts with an empty reply.
static bool keep_rest(struct client *c)
{
    int on = 1;

    c->rest = malloc(sizeof(*c->rest));
    if (c->rest == NULL)
        return false;
    *c->rest = reply;
    reply = (struct reply){ 0 };
    // Otherwise the kernel (Nagle's algorithm) joins the pieces, and delays the
    // last bytes of a connection that stays open.
    if (c->rest->piece > 0 || c->rest->end == REPLY_KEEP)
        setsockopt(c->source.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return true;
}

static void on_more(struct source *source);

static void deliver(struct client *c, struct reply *answer)
{
    enum progress progress = send_some(c, answer);

    if (progress == SENT) {
        finish(c, answer->end);
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
    c->source.on_deadline = on_more;
    timer_arm(&server.timers, &c->source.timer,
        clock_now() + c->rest->pause * 1e-3 * server.options.pace);
    watch(c, SELECT_READ, on_chatter);
}

// The socket is writable again, or the pause between two pieces is over.
static void on_more(struct source *source)
{
    struct client *c = client_of(source);

    deliver(c, c->rest);
}

// --- Waiting, and answering --------------------------------------------------

static struct question question_of(const struct client *c)
{
    return (struct question){ c->target, c->host, c->status };
}

static void answer(struct client *c)
{
    struct question question = question_of(c);

    reply_clear(&reply); // an empty reply closes the connection, unanswered
    reply.may_keep = c->keeps && !c->is_early && c->route != &route_stats;
    route_answer(c->route, &question, &reply);
    c->status = reply.status;
    if (reply.failed)
        disconnect(c);
    else
        deliver(c, &reply);
}

// Opens the gates of up to `gate` clients: each client held at one of them is
// answered as soon as its delay is over. The gates stay open, so that the next
// wave of requests is not held again.
static void open_gate(int gate)
{
    largest_open_gate = gate;
    for (struct client *c = clients; c != NULL; c = c->next) {
        if (c->gate > 0 && c->gate <= gate) {
            leave_gate(c);
            timer_arm(&server.timers, &c->source.timer, c->since + c->delay);
        }
    }
}

void client_close_gates(void)
{
    largest_open_gate = 0;
}

// The delay is over, or the gate has been closed for GATE_SECONDS.
static void on_due(struct source *source)
{
    struct client *c = client_of(source);

    if (c->gate > 0)
        open_gate(c->gate);
    server.waiting--;
    timer_cancel(&server.timers, &c->source.timer);
    answer(c);
}

static void wait_until(struct client *c, double deadline)
{
    server.waiting++;
    c->source.on_deadline = on_due;
    timer_arm(&server.timers, &c->source.timer, deadline);
    if (c->gate > 0 && ++num_held >= c->gate)
        open_gate(c->gate);
    watch(c, SELECT_READ, on_chatter); // same interest: no system call
}

// Answers a complete request, or starts its wait for the delay or the gate.
static void accept_request(struct client *c, int status)
{
    c->status = status;
    struct question question = question_of(c);
    c->route = route_find(&question);
    c->count = 0;
    c->since = clock_now();
    if (c->route != &route_stats)
        count_in(c);
    else if (!c->was_kept)
        server.connected -= server.connected > 0;
    if (c->route->delay != NULL)
        c->delay = c->route->delay(c->target) * 1e-3 * server.options.pace;
    if (c->route->gate != NULL && c->route->gate(c->target) > largest_open_gate)
        c->gate = c->route->gate(c->target);
    if (c->gate > 0)
        wait_until(c, c->since + (double)GATE_SECONDS);
    else if (c->delay > 0)
        wait_until(c, c->since + c->delay);
    else
        answer(c);
}

// --- Receiving ---------------------------------------------------------------

// Replaces the bytes received so far by three strings, one after another.
// Returns false if out of memory.
static bool keep_request(struct client *c, const struct request *request)
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

static struct request no_request(void)
{
    struct slice none = slice_of("-");

    return (struct request){ none, none, none, false };
}

// One buffer serves all clients, because no client waits between receiving and
// parsing. Only an incomplete request is copied into its client.
static void on_request(struct source *source)
{
    struct client *c = client_of(source);
    struct request request = no_request();
    int status = 431;

    if (c->count > 0)
        memcpy(input, c->request, c->count);
    ssize_t n = recv(
        source->fd, input + c->count, MAX_REQUEST - c->count, MSG_DONTWAIT);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        disconnect(c);
        return;
    }
    c->count += (size_t)n;
    input[c->count] = '\0';
    size_t len = request_length(input);
    if (len > 0) {
        status = request_parse(&request, input);
    } else if (c->count < MAX_REQUEST) {
        char *kept = realloc(c->request, c->count);
        if (kept == NULL) {
            disconnect(c);
            return;
        }
        c->request = memcpy(kept, input, c->count);
        return;
    }
    if (status == 400 || status == 431)
        request = no_request();
    c->keeps = request.keeps;
    c->is_early = c->count > len;
    timer_cancel(&server.timers, &source->timer);
    if (keep_request(c, &request))
        accept_request(c, status);
    else
        disconnect(c);
}

void client_connect(int fd)
{
    struct client *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        close(fd);
        return;
    }
    c->source.fd = fd;
    c->next = clients;
    if (c->next != NULL)
        c->next->previous = c;
    clients = c;
    server.connected++;
    server.open++;
    watch(c, SELECT_READ, on_request);
}
