// fetch.h - one fetch: connect, send a GET, receive the response, close.

#ifndef FETCH_H
#define FETCH_H

#include "http.h"
#include "loop.h"
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
    loop_fn *done; // called with arg when the fetch is over
    void *arg;
    // Set by fetch():
    const struct address *address;
    double deadline;
    struct http_response response; // the caller frees it, even after an error
    int error;
    // Kept between the callbacks, zero at first:
    struct loop_watch watch;
    struct loop_call expiry; // calls out_of_time() at the deadline
    struct loop_call completion; // calls done
    int fd;
    char *request;
    size_t len;
    size_t sent;
};

// Begins the fetch and returns. When the fetch is over, the loop calls f->done,
// but never before fetch() has returned.
//
// f->error is 0 for a complete response of any status, otherwise a negative
// error (see errors.h): -ETIMEDOUT when f->timeout has passed.
void fetch(struct fetch *f);

// Ends a fetch that is under way, with this error. The socket is closed when
// fetch_end() returns; the loop calls f->done as always.
void fetch_end(struct fetch *f, int error);

#endif
