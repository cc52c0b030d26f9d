// fetch.h - one fetch: connect, send a GET, receive the response, close.

#ifndef FETCH_H
#define FETCH_H

#include "http.h"
#include "net.h"
#include "timing.h"
#include "url.h"

#define FETCH_CHUNK 16384 // bytes to receive at a time

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
};

// Returns 0 for a complete response of any status, otherwise a negative error
// (see errors.h): -ETIMEDOUT when f->timeout has passed.
int fetch(struct fetch *f);

#endif
