// fetch.h - one fetch: connect, send a GET, receive the response, close.

#ifndef FETCH_H
#define FETCH_H

#include "http.h"
#include "loop.h"
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
    loop_fn *done; // called when the fetch is over
    void *arg;
    // Filled in by fetch():
    const struct address *address;
    double deadline;
    struct http_response response; // the caller's to free, even after an error
    int error;
    // Kept by fetch() while it waits, zero at first:
    struct loop_watch watch;
    struct loop_call call; // of the deadline; at the end, of done
    int fd;
    char *request;
    size_t len;
    size_t sent;
};

// Begins a fetch and returns. When it is over, the loop calls f->done, never
// before fetch() has returned.
//
// f->error is then 0 when the response is complete, whatever its status;
// otherwise an error (see errors.h), -ETIMEDOUT when f->timeout is over.
void fetch(struct fetch *f);

// Ends a fetch that is under way, with this error. Its resources are free when
// this returns; f->done is called as ever.
void fetch_end(struct fetch *f, int error);

#endif
