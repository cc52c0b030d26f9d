// radecho.c - an echo server: sends each line back to its client, letter by
// letter, to all clients at once. Its users run `nc`, in two terminals.
//
//     radecho [PORT [MS]]    MS: the pause after a letter; 0: none

#include "loop.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct client {
    struct loop_watch watch;
    struct loop_call pause;
    int fd;
    int len; // of text
    int sent;
    char text[512];
};

static int pause_ms;
static int listener;
static struct loop_watch arrivals;
static struct loop_call again;

static void leave(struct client *c)
{
    loop_forget(&c->watch, c->fd);
    close(c->fd);
    free(c);
}

static void wait_for(struct client *c, int interest, loop_fn *fn)
{
    if (loop_on_fd(&c->watch, c->fd, interest, fn, c) != 0)
        leave(c);
}

static void on_readable(void *arg);

static void type(void *arg)
{
    struct client *c = arg;
    int len = pause_ms > 0 ? 1 : c->len - c->sent;
    int n = net_result(send(c->fd, c->text + c->sent, (size_t)len, 0));

    c->sent += n > 0 ? n : 0;
    if (n < 0 && n != -EAGAIN)
        leave(c);
    else if (c->sent == c->len)
        wait_for(c, SELECT_READ, on_readable);
    else if (n == len)
        loop_after(&c->pause, pause_ms * 1e-3, type, c);
    else
        wait_for(c, SELECT_WRITE, type);
}

static void on_readable(void *arg)
{
    struct client *c = arg;
    c->sent = 0;
    c->len = net_result(recv(c->fd, c->text, sizeof(c->text), 0));
    if (c->len > 0)
        type(c);
    else if (c->len == -EAGAIN)
        wait_for(c, SELECT_READ, on_readable);
    else
        leave(c);
}

static void on_client(void *arg);

static void expect_client(void *arg)
{
    if (loop_on_fd(&arrivals, listener, SELECT_READ, on_client, arg) != 0)
        loop_after(&again, 0.1, expect_client, arg);
}

static void on_client(void *arg)
{
    int fd = net_accept(listener);
    struct client *c = fd >= 0 ? calloc(1, sizeof(*c)) : NULL;
    bool is_full = fd < 0 && fd != -EAGAIN;

    // Without a free descriptor the listener stays ready: wait, do not spin.
    loop_after(&again, is_full ? 0.1 : 0, expect_client, arg);
    if (c != NULL) {
        c->fd = fd;
        wait_for(c, SELECT_READ, on_readable);
    } else if (fd >= 0) {
        close(fd);
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;

    pause_ms = argc > 2 ? atoi(argv[2]) : 50;
    signal(SIGPIPE, SIG_IGN); // a client that has left is an error of send()
    listener = net_listen("127.0.0.1", &port);
    if (listener < 0 || loop_init(NULL) != 0)
        return 1;
    printf("nc 127.0.0.1 %d\n", port);
    fflush(stdout);
    expect_client(NULL);
    return loop_run() != 0;
}
