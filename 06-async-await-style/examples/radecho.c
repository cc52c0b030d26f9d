// radecho.c - an echo server: sends each line back to its client, letter by
// letter, to all clients at once. Its users run `nc`, in two terminals.
//
//     radecho [PORT [MS]]    MS: the pause after a letter; 0: none

#include "interrupt.h"
#include "sockets.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int pause_ms;
static int listener;

static async_int type(int fd, const char *text, size_t len)
{
    size_t step = pause_ms > 0 ? 1 : len;
    int n = 0;

    for (size_t sent = 0; n == 0 && sent < len; sent += step) {
        n = await(send_all(fd, text + sent, step, CLOCK_NEVER));
        if (n == 0 && pause_ms > 0)
            n = await(task_pause(pause_ms * 1e-3));
    }
    return (async_int){ n };
}

static async_int serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char text[512];
    int n;

    while ((n = await(receive(fd, text, sizeof(text), CLOCK_NEVER))) > 0)
        if (await(type(fd, text, (size_t)n)) != 0)
            break;
    task_close(fd);
    return (async_int){ 0 }; // the end of a client is no failure
}

static async_int welcome(void *unused)
{
    struct group clients = { .independent = true };
    int fd;

    (void)unused;
    while ((fd = await(accept_one(listener))) >= 0)
        if (!spawn(&clients, serve, (void *)(intptr_t)fd, "a client"))
            task_close(fd); // no memory for a task
    task_close(listener);
    await_within(1, group_wait(&clients)); // cancels the rest after a second
    return (async_int){ fd == -EINTR ? 0 : fd };
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;

    pause_ms = argc > 2 ? atoi(argv[2]) : 50;
    listener = net_listen("127.0.0.1", &port);
    if (listener < 0 || interrupt_init() != 0)
        return 1;
    printf("nc 127.0.0.1 %d\n", port);
    fflush(stdout);
    int error = async_run(NULL, welcome, NULL);
    interrupt_free();
    net_forget();
    return error != 0;
}
