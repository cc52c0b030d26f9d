// fetch.c - the whole conversation of one fetch.

#include "fetch.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// The system calls wait: connect(), send() and recv() return when something
// has happened; until then this thread does nothing else. Our position in the
// conversation is our position in this function.
int fetch(struct fetch *f)
{
    char chunk[FETCH_CHUNK];
    enum http_verdict verdict = HTTP_MORE;
    char *request = NULL;
    size_t len;
    size_t sent = 0;

    http_response_init(&f->response, f->max_body);
    int n = net_lookup(f->url, f->try, &f->address);
    if (n < 0)
        return n;
    int fd = net_socket(f->address);
    if (fd < 0)
        return fd;
    f->deadline = clock_now() + f->timeout;
    span_asked(f->span);
    do {
        n = net_limit(fd, SO_SNDTIMEO, f->deadline);
        if (n == 0)
            n = net_result(connect(fd, &f->address->any, f->address->len));
    } while (n == -EAGAIN);
    if (n < 0)
        goto leave;
    span_connected(f->span);
    n = -ENOMEM;
    request = http_get(f->url, &len);
    if (request == NULL)
        goto leave;
    while (sent < len) {
        n = net_limit(fd, SO_SNDTIMEO, f->deadline);
        if (n < 0)
            goto leave;
        n = net_result(send(fd, request + sent, len - sent, 0));
        if (n == -EAGAIN)
            continue;
        if (n < 0)
            goto leave;
        sent += (size_t)n;
    }
    free(request);
    request = NULL;
    while (verdict == HTTP_MORE) {
        n = net_limit(fd, SO_RCVTIMEO, f->deadline);
        if (n < 0)
            goto leave;
        n = net_result(recv(fd, chunk, sizeof(chunk), 0));
        if (n == -EAGAIN)
            continue;
        if (n < 0)
            goto leave;
        span_first_byte(f->span);
        verdict = http_feed(&f->response, chunk, (size_t)n);
    }
    n = f->response.error;
leave:
    free(request);
    close(fd);
    span_done(f->span);
    return n;
}
