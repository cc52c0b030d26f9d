// floor.c - the lower bound for all clients: an epoll client that makes the
// system calls every correct client must make, and as little else as possible.
// Takes the options of animals that `make bench` uses, types nothing, and
// prints a line of JSON.
//
//     socket, connect, [wait], SO_ERROR, send, [wait], recv, close
//
// There is no abstraction, and no allocation after the first request. Without
// time limits, and with a single way to read a response, this program is a
// yardstick, not a model.

#include "clock.h"
#include "errors.h"
#include "http.h"
#include "net.h"
#include "options.h"
#include "process.h"
#include "species.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SPECIES = 12 };

struct request {
    int fd;
    bool connected;
    int animal;
    size_t sent;
    long left; // bytes of the response; -1: unknown, ends when the farm closes
};

static struct options options;
static struct request *requests;
static const struct address *address;
static char *texts[SPECIES];
static size_t lengths[SPECIES];
static int epoll;
static int started;
static int answered;
static int failed;
static char chunk[65536];

static void watch(struct request *r, int operation, unsigned interest)
{
    struct epoll_event event = { .events = interest, .data.ptr = r };

    if (epoll_ctl(epoll, operation, r->fd, &event) == -1) {
        perror("floor: epoll_ctl");
        exit(EXIT_SOME_FAILED);
    }
}

static void begin(struct request *r)
{
    r->fd = -1;
    if (started == options.count)
        return;
    *r = (struct request){ .animal = started++ % SPECIES, .left = -1 };
    r->fd = socket(
        address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (r->fd == -1
        || (connect(r->fd, &address->any, address->len) == -1
            && errno != EINPROGRESS)) {
        perror("floor: connect");
        exit(EXIT_SOME_FAILED);
    }
    watch(r, EPOLL_CTL_ADD, EPOLLOUT);
}

static void end(struct request *r, bool well)
{
    close(r->fd);
    answered += well;
    failed += !well;
    begin(r);
}

static void on_writable(struct request *r)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (!r->connected)
        getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        end(r, false);
        return;
    }
    r->connected = true;
    const char *text = texts[r->animal];
    size_t rest = lengths[r->animal] - r->sent;
    ssize_t n = send(r->fd, text + r->sent, rest, MSG_NOSIGNAL);
    if (n == -1 && errno != EAGAIN) {
        end(r, false);
        return;
    }
    r->sent += n > 0 ? (size_t)n : 0;
    if (r->sent == lengths[r->animal])
        watch(r, EPOLL_CTL_MOD, EPOLLIN);
}

// The number of bytes that follow the first n bytes of a response; -1 if these
// n bytes have no complete head with a Content-Length. (-1 is harmless: the
// response then ends when the farm closes the connection.)
static long bytes_left(size_t n)
{
    static const char name[] = "Content-Length: ";

    chunk[n] = '\0';
    const char *length = strstr(chunk, name);
    const char *body = strstr(chunk, "\r\n\r\n");
    if (length == NULL || body == NULL || length > body)
        return -1;
    long have = (long)(chunk + n - (body + 4));
    return strtol(length + strlen(name), NULL, 10) - have;
}

static void on_readable(struct request *r)
{
    ssize_t n = recv(r->fd, chunk, sizeof(chunk) - 1, 0);

    if (n == -1 && errno == EAGAIN)
        return;
    if (n <= 0) {
        end(r, n == 0 && r->left <= 0);
        return;
    }
    r->left = r->left >= 0 ? r->left - n : bytes_left((size_t)n);
    if (r->left == 0)
        end(r, true);
}

static void work(void)
{
    struct epoll_event events[256];

    for (int i = 0; i < options.max_tasks; i++)
        begin(&requests[i]);
    while (answered + failed < options.count) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct request *r = events[i].data.ptr;
            if (r->sent < lengths[r->animal])
                on_writable(r);
            else
                on_readable(r);
        }
    }
}

// Allocates everything, before the first request. Returns 0 or an error.
static int prepare(void)
{
    char text[128];
    struct url url;

    for (int i = 0; i < SPECIES; i++) {
        snprintf(text, sizeof(text), "%s/animals/%s?delay=%d", options.server,
            species[i].name, options.delay);
        int error = url_parse_typed(&url, text);
        if (error == 0)
            error = net_lookup(&url, 0, &address);
        if (error != 0)
            return error;
        texts[i] = http_get(&url, &lengths[i]);
        url_free(&url);
        if (texts[i] == NULL)
            return -ENOMEM;
    }
    if (options.max_tasks > options.count)
        options.max_tasks = options.count;
    requests = calloc((size_t)options.max_tasks, sizeof(*requests));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (requests == NULL || epoll == -1)
        return -errno;
    int limit = process_raise_descriptor_limit();
    return options.max_tasks + 16 > limit ? -EMFILE : 0;
}

int main(int argc, char **argv)
{
    double user;
    double system;
    int code = options_parse(&options, "animals", argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    double start = clock_now();
    int error = prepare();
    if (error != 0) {
        fprintf(stderr, "floor: %s\n", error_text(error));
        return EXIT_SOME_FAILED;
    }
    work();
    clock_cpu(&user, &system);
    if (!options.quiet)
        printf("{\"wall_s\":%.6f,\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f,"
               "\"connections\":%d,\"failed\":%d}\n",
            clock_now() - start, user, system, started, failed);
    return failed == 0 ? EXIT_FINE : EXIT_SOME_FAILED;
}
