// fetch.c - the whole conversation of one fetch.

#include "fetch.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// One for all: nobody waits between receiving into it and feeding from it.
static char chunk[FETCH_CHUNK];

static void connecting(void *arg);
static void sending(void *arg);
static void receiving(void *arg);
static void out_of_time(void *arg);

// Says which function is next, once the socket is ready; n is what the last
// call said: -EAGAIN, not now, or the error that ends it all.
static void next(struct fetch *f, int n, int interest, loop_fn *fn)
{
    if (n == -EAGAIN)
        n = loop_on_fd(&f->watch, f->fd, interest, fn, f);
    if (n < 0)
        fetch_end(f, n);
}

// The loop waits, and calls us back. Each function goes one step and says which
// one is next; where we are in the conversation is which function is armed.
void fetch(struct fetch *f)
{
    http_response_init(&f->response, f->max_body);
    f->fd = -1;
    int n = net_lookup(f->url, f->try, &f->address);
    if (n == 0)
        n = f->fd = net_socket_nonblocking(f->address);
    if (n < 0) {
        fetch_end(f, n);
        return;
    }
    f->deadline = clock_now() + f->timeout;
    loop_at(&f->call, f->deadline, out_of_time, f);
    span_asked(f->span);
    n = net_result(connect(f->fd, &f->address->any, f->address->len));
    next(f, n == 0 ? -EAGAIN : n, SELECT_WRITE, connecting);
}

static void connecting(void *arg)
{
    struct fetch *f = arg;
    int n = net_connected(f->fd);
    if (n < 0) {
        fetch_end(f, n);
        return;
    }
    span_connected(f->span);
    n = -ENOMEM;
    f->request = http_get(f->url, &f->len);
    if (f->request == NULL)
        fetch_end(f, n);
    else
        sending(f);
}

static void sending(void *arg)
{
    struct fetch *f = arg;
    int n;
    while (f->sent < f->len) {
        n = net_result(send(f->fd, f->request + f->sent, f->len - f->sent, 0));
        if (n < 0) {
            next(f, n, SELECT_WRITE, sending);
            return;
        }
        f->sent += (size_t)n;
    }
    free(f->request);
    f->request = NULL;
    next(f, -EAGAIN, SELECT_READ, receiving);
}

static void receiving(void *arg)
{
    struct fetch *f = arg;
    int n = net_result(recv(f->fd, chunk, sizeof(chunk), 0));
    if (n < 0) {
        next(f, n, SELECT_READ, receiving);
        return;
    }
    span_first_byte(f->span);
    // The next piece waits: others are ready as well.
    if (http_feed(&f->response, chunk, (size_t)n) == HTTP_MORE)
        next(f, -EAGAIN, SELECT_READ, receiving);
    else
        fetch_end(f, f->response.error);
}

static void out_of_time(void *arg)
{
    fetch_end(arg, -ETIMEDOUT);
}

void fetch_end(struct fetch *f, int n)
{
    free(f->request);
    loop_forget(&f->watch, f->fd);
    if (f->fd >= 0)
        close(f->fd);
    span_done(f->span);
    f->error = n;
    loop_soon(&f->call, f->done, f->arg); // no deadline any more
}
