// chat.c - a chat server: each line of a client goes to all others. Each client
// has a reader, a writer, and a bounded queue of lines for the writer. A client
// that does not read is dropped when its queue is full: nobody waits for it.

#include "interrupt.h"
#include "queue.h"
#include "sockets.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
    struct list_link link; // in clients
    int fd;
    struct group tasks; // reader and writer
    void *lines[256];
    struct queue queue;
};

static struct list clients;

static void tell_others(const struct client *from, const char *text, int len)
{
    char line[300];
    snprintf(line, sizeof(line), "%d: %.*s\n", from->fd, len, text);
    for (struct list_link *l = clients.first; l != NULL; l = l->next) {
        struct client *to = LIST_MEMBER(l, struct client, link);
        char *copy = to != from ? strdup(line) : NULL;
        if (copy != NULL && !queue_offer(&to->queue, copy)) {
            free(copy);
            group_cancel(&to->tasks); // the client is too slow
        }
    }
}

static async_int reader(void *arg)
{
    struct client *c = arg;
    char text[256];
    size_t len = 0;
    int n;

    // (When a line fills `text`, receive() has no room, and returns 0.)
    while ((n = await(receive(c->fd, text + len, sizeof(text) - len,
                CLOCK_NEVER))) > 0) {
        len += (size_t)n;
        for (char *end; (end = memchr(text, '\n', len)) != NULL;) {
            tell_others(c, text, (int)(end - text));
            len -= (size_t)(end + 1 - text);
            memmove(text, end + 1, len);
            await(task_yield()); // to the writers, or the queues fill up
        }
    }
    return (async_int){ -ECONNRESET }; // an error, so that the writer ends too
}

static async_int writer(void *arg)
{
    struct client *c = arg;
    void *line;
    int n = 0;

    while (n == 0 && (n = await(queue_get(&c->queue, &line))) == 0) {
        n = await(send_all(c->fd, line, strlen(line), CLOCK_NEVER));
        free(line);
    }
    return (async_int){ n };
}

static async_int serve(void *fd)
{
    struct client c = { .fd = (int)(intptr_t)fd, .queue = QUEUE(c.lines) };
    void *line;

    list_append(&clients, &c.link);
    spawn(&c.tasks, reader, &c, "");
    spawn(&c.tasks, writer, &c, "");
    await(group_wait(&c.tasks));
    list_remove(&clients, &c.link);
    while (c.queue.filled.left > 0 && await(queue_get(&c.queue, &line)) == 0)
        free(line);
    task_close(c.fd);
    return (async_int){ 0 };
}

static async_int welcome(void *port)
{
    struct group group = { .independent = true };
    int listener = net_listen("127.0.0.1", port);
    int fd;

    if (listener < 0)
        return (async_int){ listener };
    printf("nc 127.0.0.1 %d\n", *(int *)port);
    fflush(stdout);
    while ((fd = await(accept_one(listener))) >= 0)
        if (!spawn(&group, serve, (void *)(intptr_t)fd, ""))
            task_close(fd);
    task_close(listener);
    group_cancel(&group);
    await(group_wait(&group));
    return (async_int){ fd == -EINTR ? 0 : fd };
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;
    return interrupt_init() != 0 || async_run(NULL, welcome, &port) != 0;
}
