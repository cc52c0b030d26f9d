// fetch.c - the whole conversation of one fetch.

#include "fetch.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// Shared by all fetches: none waits between filling the buffer and parsing it.
static char chunk[FETCH_CHUNK];

static void connecting(void *arg);
static void sending(void *arg);
static void receiving(void *arg);
static void out_of_time(void *arg);

static void arm(struct fetch *f, int interest, loop_fn *fn)
{
    int n = loop_on_fd(&f->watch, f->fd, interest, fn, f);
    if (n < 0)
        fetch_end(f, n);
}

// The loop waits, and calls us back. Each function takes one step and arms the
// next one. Our position in the conversation is the function that is armed.
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
    loop_at(&f->expiry, f->deadline, out_of_time, f);
    span_asked(f->span);
    n = net_result(connect(f->fd, &f->address->any, f->address->len));
    if (n == 0 || n == -EAGAIN)
        arm(f, SELECT_WRITE, connecting);
    else
        fetch_end(f, n);
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
    f->request = http_get(f->url, &f->len);
    if (f->request == NULL)
        fetch_end(f, -ENOMEM);
    else
        sending(f);
}

static void sending(void *arg)
{
    struct fetch *f = arg;
    int n;
    while (f->sent < f->len) {
        n = net_result(send(f->fd, f->request + f->sent, f->len - f->sent, 0));
        if (n == -EAGAIN)
            arm(f, SELECT_WRITE, sending);
        else if (n < 0)
            fetch_end(f, n);
        if (n < 0)
            return;
        f->sent += (size_t)n;
    }
    free(f->request);
    f->request = NULL;
    arm(f, SELECT_READ, receiving);
}

static void receiving(void *arg)
{
    struct fetch *f = arg;
    enum http_verdict verdict = HTTP_MORE;
    int n = net_result(recv(f->fd, chunk, sizeof(chunk), 0));
    if (n >= 0) {
        span_first_byte(f->span);
        verdict = http_feed(&f->response, chunk, (size_t)n);
        n = f->response.error;
        if (verdict == HTTP_MORE)
            n = -EAGAIN; // one piece a turn: other fetches are ready, too
    }
    if (n == -EAGAIN)
        arm(f, SELECT_READ, receiving);
    else
        fetch_end(f, n);
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
    loop_cancel(&f->expiry);
    loop_soon(&f->completion, f->done, f->arg);
}
