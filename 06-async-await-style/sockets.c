// sockets.c - connect, send and receive, each with its wait; look-ups in a
// thread.

#include "sockets.h"

#include "executor.h"
#include "task.h"

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

// Waits first: at the first call there is hardly ever an answer.
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

// Input and output of the thread. Outlives a task that is cancelled.
struct question {
    struct url url; // host and port
    int error;
    char host[];
};

// A look-up in progress, on the stack of the task that asks.
struct look_up {
    struct list_link link; // in look_ups
    const struct url *url;
    struct condition answered;
};

static struct list look_ups;

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

// Looks the host up, on behalf of all tasks that wait for it.
static async_int look_up_shared(const struct url *url)
{
    struct look_up own = { .url = url };

    list_append(&look_ups, &own.link);
    int n = await(ask(url));
    list_remove(&look_ups, &own.link);
    // If this task was cancelled, one of the others starts a new look-up.
    waiters_wake(&own.answered.waiters, n == -ECANCELED ? 0 : n);
    return (async_int){ n };
}

static struct look_up *find_look_up(const struct url *url)
{
    for (struct list_link *l = look_ups.first; l != NULL; l = l->next) {
        struct look_up *other = LIST_MEMBER(l, struct look_up, link);
        if (other->url->port == url->port
            && slice_equal(other->url->host, url->host))
            return other;
    }
    return NULL;
}

async_int look_up(const struct url *url, int try, const struct address **to)
{
    int n;

    while ((n = net_lookup_known(url, try, to)) == -EAGAIN) {
        struct look_up *other = find_look_up(url);
        n = await(other != NULL ? condition_wait(&other->answered)
                                : look_up_shared(url));
        if (n != 0)
            break;
    }
    return (async_int){ n };
}
