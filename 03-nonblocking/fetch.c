// fetch.c - the whole conversation of one fetch.

#include "fetch.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// Shared by all fetches: none waits between filling the buffer and parsing it.
static char chunk[FETCH_CHUNK];

// Only the look-up of a name waits. Any other call that would have to wait
// returns -EAGAIN; then we return as well, and our caller asks poll() when to
// call again. The position and the variables that outlive a return are in *f.
int fetch(struct fetch *f)
{
    enum http_verdict verdict = HTTP_MORE;

    switch (f->state) {
    case FETCH_CONNECTING: goto connecting;
    case FETCH_SENDING: goto sending;
    case FETCH_RECEIVING: goto receiving;
    }
    http_response_init(&f->response, f->max_body);
    int n = net_lookup(f->url, f->try, &f->address);
    if (n < 0)
        return n;
    f->fd = net_socket_nonblocking(f->address);
    if (f->fd < 0)
        return f->fd;
    f->deadline = clock_now() + f->timeout;
    span_asked(f->span);
    f->state = FETCH_CONNECTING;
    n = net_result(connect(f->fd, &f->address->any, f->address->len));
    if (n < 0)
        goto leave;
connecting:
    n = net_connected(f->fd);
    if (n < 0)
        goto leave;
    span_connected(f->span);
    n = -ENOMEM;
    f->request = http_get(f->url, &f->len);
    if (f->request == NULL)
        goto leave;
    f->state = FETCH_SENDING;
sending:
    while (f->sent < f->len) {
        n = net_result(send(f->fd, f->request + f->sent, f->len - f->sent, 0));
        if (n < 0)
            goto leave;
        f->sent += (size_t)n;
    }
    free(f->request);
    f->request = NULL;
    f->state = FETCH_RECEIVING;
receiving:
    n = net_result(recv(f->fd, chunk, sizeof(chunk), 0));
    if (n < 0)
        goto leave;
    span_first_byte(f->span);
    verdict = http_feed(&f->response, chunk, (size_t)n);
    n = f->response.error;
    if (verdict == HTTP_MORE)
        n = -EAGAIN; // one piece a turn: other fetches are ready, too
leave:
    n = net_due(n, f->fd, f->deadline);
    if (n == -EAGAIN)
        return n; // for now
    f->state = 0;
    free(f->request);
    close(f->fd);
    span_done(f->span);
    return n;
}
