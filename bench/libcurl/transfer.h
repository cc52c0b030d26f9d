// transfer.h - the baseline on libcurl: a transfer, and the interface between a
// client and a driver.
//
// The clients, animals.c and crawl.c, choose the URLs and use the responses.
// The drivers, easy.c, multi.c and socket.c, wait in three different ways; each
// has its own transfers_run().
//
//     static bool ask(struct transfer *t) { ... t->url = ...; return true; }
//     static int on_done(struct transfer *t) { ... t->error, t->response ... }
//
//     struct client client = { ask, on_done };
//     transfers_run(&client, &options, max_tasks);
//
// libcurl has its default options, except where the programs of the stages
// behave differently and an option can achieve the same.

#ifndef TRANSFER_H
#define TRANSFER_H

#include "http.h"
#include "options.h"
#include "timers.h"
#include "timing.h"
#include "url.h"

#include <curl/curl.h>

struct transfer {
    // Set by the client; pointers must be valid until the transfer is over:
    const struct url *url;
    size_t max_body;
    void *data; // private to the client
    // Set by the driver:
    struct span span; // of this try; the client sets span.task
    int error; // 0 if the response is complete; otherwise see errors.h
    struct http_response response; // the client must free this, also on error
    // Private to the driver:
    CURL *easy;
    bool in_body; // the head of the final response has ended
    struct timer pause; // until the next try
    struct transfer *next_idle;
};

struct client {
    // Fills in the next transfer. Returns false if there is nothing to fetch
    // for now; the driver calls begin() again when a transfer is over.
    bool (*begin)(struct transfer *t);
    // Called when a transfer is over. Returns the milliseconds to wait before
    // the next try, or 0 if the transfer is finished. May block; all other
    // transfers wait in the meantime.
    int (*done)(struct transfer *t);
};

// Makes transfers, at most max_tasks at once, until the client has no more.
// After Ctrl-C no transfer starts, not even a retry. Returns 0, or a negative
// errno if libcurl cannot continue.
int transfers_run(
    const struct client *client, const struct options *options, int max_tasks);

// --- For the three drivers -------------------------------------------------

// Initialises libcurl for all transfers. Borrows `options`. Returns 0 or
// -ENOMEM. Call transfer_teardown() in either case.
int transfer_setup(const struct options *options);
void transfer_teardown(void);

// Prepares t->easy, with `t` as the private pointer. Keeps the handle from one
// transfer to the next, as libcurl's documentation advises. Returns 0 or
// -ENOMEM.
int transfer_start(struct transfer *t);

// Sets error and response after a transfer that libcurl ended with `code`.
void transfer_end(struct transfer *t, CURLcode code);

// Frees the handle. A zeroed transfer is allowed.
void transfer_free(struct transfer *t);

#endif
