// fetch.c - the whole conversation of one fetch.

#include "fetch.h"

#include "clock.h"
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>

// Shared by all fetches: none waits between filling the buffer and parsing it.
static char chunk[FETCH_CHUNK];

// The task waits, and only at an await(): the stack stays as it is, and await()
// returns when the awaited event has happened. Our position in the
// conversation is our position in this function.
async_int fetch(struct fetch *f)
{
    enum http_verdict verdict = HTTP_MORE;
    char *request = NULL;
    size_t len;
    size_t sent = 0;

    http_response_init(&f->response, f->max_body);
    int n = await(look_up(f->url, f->try, &f->address));
    if (n < 0)
        return (async_int){ n };
    int fd = net_socket_nonblocking(f->address);
    if (fd < 0)
        return (async_int){ fd };
    f->deadline = clock_now() + f->timeout;
    span_asked(f->span);
    n = await(dial(fd, f->address, f->deadline));
    if (n < 0)
        goto leave;
    span_connected(f->span);
    n = -ENOMEM;
    request = http_get(f->url, &len);
    if (request == NULL)
        goto leave;
    while (sent < len) {
        n = await(send_some(fd, request + sent, len - sent, f->deadline));
        if (n < 0)
            goto leave;
        sent += (size_t)n;
    }
    free(request);
    request = NULL;
    while (verdict == HTTP_MORE) {
        n = await(receive(fd, chunk, sizeof(chunk), f->deadline));
        if (n < 0)
            goto leave;
        span_first_byte(f->span);
        verdict = http_feed(&f->response, chunk, (size_t)n);
    }
    n = f->response.error;
leave:
    free(request);
    task_close(fd);
    span_done(f->span);
    return (async_int){ n };
}
