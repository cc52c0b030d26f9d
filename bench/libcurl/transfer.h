// transfer.h - the six programs once more, on libcurl: one transfer, and who
// wants transfers made.
//
// animals.c and crawl.c say what to fetch and what becomes of it; easy.c,
// multi.c and socket.c are three ways to wait, each with a transfers_run().
//
//     static bool ask(struct transfer *t) { ... t->url = ...; return true; }
//     static int hear(struct transfer *t) { ... t->error, t->response ... }
//
//     struct client client = { ask, hear };
//     transfers_run(&client, &options, max_tasks);
//
// libcurl is used as its users do: with its defaults, except where the stages'
// programs behave otherwise and options can say so.

#ifndef TRANSFER_H
#define TRANSFER_H

#include "http.h"
#include "options.h"
#include "timers.h"
#include "timing.h"
#include "url.h"

#include <curl/curl.h>

struct transfer {
    // Set by the client; what they point to stays until the transfer is over:
    const struct url *url;
    size_t max_body;
    void *data; // the client's own
    // Filled in:
    struct span span; // of this try; the client sets span.task
    int error; // 0 if the response is complete; otherwise see errors.h
    struct http_response response; // the client's to free, even after an error
    // The rest is kept while it is under way:
    CURL *easy;
    bool in_body; // the head of the final response has ended
    struct timer pause; // until the next try
    struct transfer *behind; // the next one that has nothing to do
};

struct client {
    // Fills in what a transfer needs. Returns false if there is nothing to
    // fetch for now; it is asked again when a transfer is over.
    bool (*begin)(struct transfer *t);
    // A transfer is over. Returns the milliseconds to wait before it is made
    // again, or 0 if it is finished. This may take its time, and then all other
    // transfers wait.
    int (*done)(struct transfer *t);
};

// Makes transfers, at most max_tasks at once, until the client has no more.
// After Ctrl-C none is begun or made again. Returns 0, or a negative errno if
// libcurl could not go on.
int transfers_run(
    const struct client *client, const struct options *options, int max_tasks);

// --- For the three drivers -------------------------------------------------

// Sets libcurl up, once for all transfers; `options` is borrowed. Returns 0 or
// -ENOMEM. transfer_teardown() is due in either case.
int transfer_setup(const struct options *options);
void transfer_teardown(void);

// Makes t->easy ready, with t->data as its private pointer. A handle is kept
// from one transfer to the next, as libcurl advises. Returns 0 or -ENOMEM.
int transfer_start(struct transfer *t);

// The transfer is over, and libcurl said this: fills in what the client gets.
void transfer_end(struct transfer *t, CURLcode code);

// A zeroed transfer is fine.
void transfer_free(struct transfer *t);

#endif
