// fetch.c - the whole conversation of one fetch.

#include "fetch.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>

// Shared by all fetches: none waits between filling the buffer and parsing it.
static char chunk[FETCH_CHUNK];

// The loop waits. AWAIT returns from this function, and the task calls it again
// when the future is set. Our position in the conversation is a line number in
// the frame, beside the variables that outlive a wait.
enum co_state fetch(struct coroutine *co)
{
    CO_FRAME(struct fetch, f, co);
    enum http_verdict verdict = HTTP_MORE; // so at every stop: need not survive
    int n = -ECANCELED; // set anew after every stop, unless we are closed

    CO_BEGIN(co);
    http_response_init(&f->response, f->max_body);
    f->fd = -1;
    n = net_lookup(f->url, f->try, &f->address);
    if (n < 0)
        goto leave;
    n = f->fd = net_socket_nonblocking(f->address);
    if (n < 0)
        goto leave;
    f->deadline = clock_now() + f->timeout;
    span_asked(f->span);
    n = net_result(connect(f->fd, &f->address->any, f->address->len));
    if (n == -EAGAIN) {
        AWAIT_TO(n, co, task_on_fd(f->fd, SELECT_WRITE, f->deadline));
        if (n == 0)
            n = net_connected(f->fd);
    }
    if (n < 0)
        goto leave;
    span_connected(f->span);
    n = -ENOMEM;
    f->request = http_get(f->url, &f->len);
    if (f->request == NULL)
        goto leave;
    while (f->sent < f->len) {
        n = net_result(send(f->fd, f->request + f->sent, f->len - f->sent, 0));
        if (n == -EAGAIN)
            AWAIT_TO(n, co, task_on_fd(f->fd, SELECT_WRITE, f->deadline));
        if (n < 0)
            goto leave;
        f->sent += (size_t)n;
    }
    free(f->request);
    f->request = NULL;
    while (verdict == HTTP_MORE) {
        AWAIT_TO(n, co, task_on_fd(f->fd, SELECT_READ, f->deadline));
        if (n == 0)
            n = net_result(recv(f->fd, chunk, sizeof(chunk), 0));
        if (n == -EAGAIN)
            continue;
        if (n < 0)
            goto leave;
        span_first_byte(f->span);
        verdict = http_feed(&f->response, chunk, (size_t)n);
    }
    n = f->response.error;
leave:
    free(f->request);
    task_close(f->fd);
    span_done(f->span);
    TASK_END(co, n);
}
