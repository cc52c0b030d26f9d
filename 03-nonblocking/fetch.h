// fetch.h - one fetch: connect, send a GET, receive the response, close.

#ifndef FETCH_H
#define FETCH_H

#include "http.h"
#include "net.h"
#include "timing.h"
#include "url.h"

#define FETCH_CHUNK 16384 // bytes to receive at a time

enum fetch_state {
    FETCH_CONNECTING = 1,
    FETCH_SENDING,
    FETCH_RECEIVING,
};

struct fetch {
    // Set by the caller; *url and *span must outlive the fetch:
    const struct url *url;
    int try; // from 0; a later try may go to another address
    double timeout; // in seconds, from connect() to the last byte
    size_t max_body;
    struct span *span;
    // Set by fetch():
    const struct address *address;
    double deadline;
    struct http_response response; // the caller frees it, even after an error
    // Kept between the calls of fetch(), zero at first:
    enum fetch_state state; // 0: not begun, or over
    int fd;
    char *request;
    size_t len;
    size_t sent;
};

// Begins the fetch or continues it, without waiting (only the look-up of a name
// may wait). Returns -EAGAIN while the fetch is unfinished: call again when
// f->fd is ready (readable in FETCH_RECEIVING, otherwise writable), or when
// f->deadline has come.
//
// Returns 0 for a complete response of any status, otherwise a negative error
// (see errors.h): -ETIMEDOUT when f->timeout has passed.
int fetch(struct fetch *f);

// Is it time to call fetch() again? `revents` is poll()'s result for f->fd.
static inline bool fetch_is_due(
    const struct fetch *f, short revents, double now)
{
    return f->state != 0 && (revents != 0 || now >= f->deadline);
}

#endif
