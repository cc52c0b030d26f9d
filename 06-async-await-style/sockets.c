// sockets.c - try, and if it is too early, wait and try again.

#include "sockets.h"

#include "executor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

async_int dial(int fd, const struct address *address, double deadline)
{
    int n = net_result(connect(fd, &address->any, address->len));

    if (n == -EAGAIN) {
        n = await(writable(fd, deadline));
        if (n == 0)
            n = net_connected(fd);
    }
    return (async_int){ n };
}

async_int send_some(int fd, const char *bytes, size_t len, double deadline)
{
    int n = net_result(send(fd, bytes, len, 0));

    while (n == -EAGAIN) {
        n = await(writable(fd, deadline));
        if (n == 0)
            n = net_result(send(fd, bytes, len, 0));
    }
    return (async_int){ n };
}

// Waits first: there is hardly ever an answer already.
async_int receive(int fd, char *buffer, size_t size, double deadline)
{
    int n;

    do {
        n = await(readable(fd, deadline));
        if (n == 0)
            n = net_result(recv(fd, buffer, size, 0));
    } while (n == -EAGAIN);
    return (async_int){ n };
}

// --- Look-ups ----------------------------------------------------------------

// What a thread works on. It outlives the task that asked, if need be.
struct question {
    struct url url; // host and port
    int error;
    char host[];
};

// A look-up under way, on the stack of the task that asked first.
struct asked {
    struct asked *next;
    const struct url *url;
    struct condition answered;
};

static struct asked *all_asked;

static int answer(void *arg)
{
    struct question *question = arg;
    const struct address *address;

    question->error = net_lookup(&question->url, 0, &address);
    return 0;
}

static async_int ask(const struct url *url)
{
    size_t len = url->host.len;
    struct question *question = malloc(sizeof(*question) + len);

    if (question == NULL)
        return (async_int){ -ENOMEM };
    memcpy(question->host, url->host.at, len);
    question->url = (struct url){ .port = url->port };
    question->url.host = (struct slice){ question->host, len };
    int n = await(run_blocking(answer, question, free));
    if (n == 0) {
        n = question->error;
        free(question);
    }
    return (async_int){ n };
}

// Asks, for all that want to know the same.
static async_int ask_for_all(const struct url *url)
{
    struct asked asked = { .next = all_asked, .url = url };
    struct asked **at = &all_asked;

    all_asked = &asked;
    int n = await(ask(url));
    while (*at != &asked)
        at = &(*at)->next;
    *at = asked.next;
    // If this task was cancelled, they look again: one of them asks.
    while (asked.answered.waiters.first != NULL)
        task_wake(asked.answered.waiters.first, n == -ECANCELED ? 0 : n);
    return (async_int){ n };
}

async_int look_up(const struct url *url, int try, const struct address **to)
{
    int n;

    while ((n = net_lookup_known(url, try, to)) == -EAGAIN) {
        struct asked *asked = all_asked;
        while (asked != NULL
            && (asked->url->port != url->port
                || !slice_equal(asked->url->host, url->host)))
            asked = asked->next;
        n = await(asked != NULL ? condition_wait(&asked->answered)
                                : ask_for_all(url));
        if (n != 0)
            break;
    }
    return (async_int){ n };
}
