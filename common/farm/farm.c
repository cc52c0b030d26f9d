// farm.c - the slow animals' server: the listeners and the loop.
//
//     farm [--port N] [--pace X] [--delay MS] [--spread MS] [--gate N]
//          [--idle SECONDS] [--selector epoll|poll] [--log FILE]
//          [--lifeline FD]
//
// Prints its address, then serves on 127.0.0.1 and, where there is IPv6, on
// [::1], until SIGINT, SIGTERM or the end of file on the lifeline:
//
//     /animals/NAME[?delay=MS]    one sound, after the animal's delay
//     /drip/NAME                  ten lines over about a second
//     /site/                      pages to crawl (site.h)
//     /chaos/                     wrong answers (chaos.h)
//     /stats[?reset]              counters since the start or the last reset
//
// A gate holds back answers until N clients wait at the gate, but no longer
// than ten seconds. --gate N sets a gate for all animals and for all pages
// except the roots; ?gate=N after an animal's name sets a gate for one request.
// Once open, a gate stays open until /stats?reset.
//
// The connection is closed after the answer. After a request with Connection:
// keep-alive it stays open for the next one, for up to --idle seconds (5).
//
// Ten thousand clients wait on one thread. Each client is a struct of some 160
// bytes (client.c), in which two function pointers hold the client's next step.
// This is the event loop of chapter 4, and serve() is all of it.

#include "farm.h"

#include "client.h"
#include "clock.h"
#include "errors.h"
#include "interrupt.h"
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 256 }; // limit of connections or deadlines handled in one go

struct server server;

static struct source listeners[2]; // IPv4, IPv6
static struct source lifeline;
static struct source interrupt;
static bool is_paused; // no descriptor is free, the listeners are not watched
static bool stopping;

static const char *why(int error)
{
    return error == -EADDRINUSE ? "in use; try another one (--port, PORT=)"
                                : error_text(error);
}

// --- The listeners -----------------------------------------------------------

static void on_connect(struct source *listener)
{
    for (int i = 0; i < BATCH; i++) {
        int fd = accept(listener->fd, NULL, NULL);
        if (fd != -1) {
            client_connect(fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
            || errno == ENOMEM) {
            // The listeners stay ready, so stop watching them. listen_again()
            // is called when a client leaves, or after a tenth of a second,
            // because another process may have closed descriptors.
            is_paused = true;
            for (int j = 0; j < 2; j++)
                selector_set(
                    server.selector, listeners[j].fd, 0, &listeners[j]);
            timer_arm(&server.timers, &listeners[0].timer, clock_now() + 0.1);
        }
        return; // none is pending, or the client has left, or is_paused
    }
}

static void listen_again(struct source *source)
{
    is_paused = false;
    timer_cancel(&server.timers, &source->timer);
    for (int i = 0; i < 2; i++)
        selector_set(
            server.selector, listeners[i].fd, SELECT_READ, &listeners[i]);
}

void farm_has_room(void)
{
    if (is_paused)
        listen_again(&listeners[0]);
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
    source->on_deadline = listen_again;
    return selector_set(server.selector, fd, SELECT_READ, source);
}

// Listens and prints the address. Returns 0 or a negative errno.
static int open_listeners(void)
{
    struct sockaddr_in four = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)server.options.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6,
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    socklen_t len = sizeof(four);

    int error =
        listen_at(&listeners[0], (struct sockaddr *)&four, sizeof(four));
    if (error != 0)
        return error_print(
            error, "farm", "port %d: %s", server.options.port, why(error));
    getsockname(listeners[0].fd, (struct sockaddr *)&four, &len);
    six.sin6_port = four.sin_port;
    // May fail: not every system has IPv6, or the port may be in use on ::1.
    listen_at(&listeners[1], (struct sockaddr *)&six, sizeof(six));
    printf("http://127.0.0.1:%d\n", ntohs(four.sin_port));
    fflush(stdout);
    return 0;
}

// --- The loop ----------------------------------------------------------------

static void on_stop(struct source *source)
{
    (void)source;
    stopping = true;
}

static void on_lifeline(struct source *source)
{
    char byte;
    ssize_t n = read(source->fd, &byte, 1);

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
        stopping = true;
}

// The event loop. Returns 0 when the farm is to stop, or a negative errno.
static int serve(void)
{
    struct selector_event event;
    struct source *source;
    int error = 0;

    while (!stopping && error == 0) {
        error = selector_wait(server.selector, timers_next(&server.timers));
        while (selector_next(server.selector, &event)) {
            source = event.data;
            source->on_ready(source);
        }
        // At most BATCH of the deadlines that are due: handling ten thousand in
        // one go would keep new clients from being accepted.
        double now = clock_now();
        for (int i = 0; i < BATCH; i++) {
            source = (struct source *)timers_due(&server.timers, now);
            if (source == NULL)
                break;
            source->on_deadline(source);
        }
        if (server.log != NULL)
            fflush(server.log);
    }
    return error;
}

static int watch_for_the_end(void)
{
    int error = interrupt_init();

    if (error != 0)
        return error_print(
            error, "farm", "cannot watch for Ctrl-C: %s", why(error));
    interrupt = (struct source){
        .fd = interrupt_fd(),
        .on_ready = on_stop,
    };
    error =
        selector_set(server.selector, interrupt.fd, SELECT_READ, &interrupt);
    if (error != 0)
        return error_print(
            error, "farm", "cannot watch for Ctrl-C: %s", why(error));
    if (server.options.lifeline == -1)
        return 0;
    lifeline = (struct source){
        .fd = server.options.lifeline,
        .on_ready = on_lifeline,
    };
    // Not every selector checks that the descriptor exists.
    error = fcntl(lifeline.fd, F_GETFD) == -1 ? -errno : 0;
    if (error == 0)
        error =
            selector_set(server.selector, lifeline.fd, SELECT_READ, &lifeline);
    if (error != 0)
        return error_print(
            error, "farm", "--lifeline %d: %s", lifeline.fd, why(error));
    return 0;
}

static int open_log(void)
{
    const char *name = server.options.log;

    if (name == NULL)
        return 0;
    server.log = strcmp(name, "-") == 0 ? stderr : fopen(name, "a");
    if (server.log == NULL)
        return error_print(
            -errno, "farm", "cannot write %s: %s", name, why(-errno));
    setvbuf(server.log, NULL, _IOFBF, BUFSIZ); // serve() flushes it
    return 0;
}

static int open_selector(void)
{
    const char *kind = server.options.selector;

    server.selector = selector_new(kind, process_raise_descriptor_limit());
    if (server.selector == NULL)
        return error_print(-errno, "farm", "--selector %s: %s",
            kind != NULL ? kind : "(default)", why(-errno));
    return 0;
}

static void close_all(void)
{
    client_disconnect_all();
    for (int i = 0; i < 2; i++) {
        if (listeners[i].fd != -1)
            close(listeners[i].fd);
    }
    selector_free(server.selector);
    if (server.log != NULL)
        fclose(server.log);
    interrupt_free();
}

int main(int argc, char **argv)
{
    process_keep_standard_streams();
    unsetenv("CLOCK"); // a virtual clock is for clients, not for the farm
    int code = farm_options_parse(&server.options, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a log at its size limit does not end the farm
    listeners[0].fd = listeners[1].fd = -1;
    int error = open_log();
    if (error == 0)
        error = open_selector();
    if (error == 0)
        error = watch_for_the_end();
    if (error == 0)
        error = open_listeners();
    if (error == 0) {
        error = serve();
        if (error != 0)
            error_print(error, "farm", "cannot wait any more: %s", why(error));
    }
    close_all();
    return error == 0 ? EXIT_FINE : EXIT_SOME_FAILED;
}
