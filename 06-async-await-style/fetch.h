// fetch.h - one fetch: connect, send a GET, receive the response, close.

#ifndef FETCH_H
#define FETCH_H

#include "async.h"
#include "http.h"
#include "net.h"
#include "timing.h"
#include "url.h"

#define FETCH_CHUNK 16384 // bytes taken from a socket at a time

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
};

// Returns 0 when the response is complete, whatever its status; otherwise an
// error (see errors.h), -ETIMEDOUT when f->timeout is over.
async_int fetch(struct fetch *f);

#endif
