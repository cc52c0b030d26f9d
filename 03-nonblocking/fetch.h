// fetch.h - one fetch: connect, send a GET, receive the response, close.

#ifndef FETCH_H
#define FETCH_H

#include "http.h"
#include "net.h"
#include "timing.h"
#include "url.h"

#define FETCH_CHUNK 16384 // bytes taken from a socket at a time

enum fetch_state {
    FETCH_CONNECTING = 1, // 0: not begun
    FETCH_SENDING,
    FETCH_RECEIVING,
};

struct fetch {
    // Set by the caller; what they point to stays until the fetch is over:
    const struct url *url;
    int try; // number, from 0: another try may use another address
    double timeout; // seconds, from connect to the last byte
    size_t max_body;
    struct span *span;
    // Filled in by fetch():
    const struct address *address;
    double deadline;
    struct http_response response; // the caller's to free, even after an error
    // Kept by fetch() while it waits, zero at first:
    enum fetch_state state;
    int fd;
    char *request;
    size_t len;
    size_t sent;
};

// Begins a fetch, or goes on with it, as far as it goes without waiting.
// Returns -EAGAIN if that is not the end: call it again when f->fd is ready, to
// be read when FETCH_RECEIVING, else to be written; or when f->deadline comes.
//
// Returns 0 when the response is complete, whatever its status; otherwise an
// error (see errors.h), -ETIMEDOUT when f->timeout is over.
int fetch(struct fetch *f);

#endif
