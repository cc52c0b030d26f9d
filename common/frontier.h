// frontier.h - the crawl's policy: which page to fetch next, and the results of
// all fetches. Knows nothing of sockets. Takes no lock: several threads that
// share a frontier must hold a lock around each call.
//
//     while ((page = frontier_next(&frontier)) != NULL) {
//         do {
//             error = fetch page->url;
//             pause = frontier_done(&frontier, page, error, &response);
//             wait `pause` milliseconds;
//         } while (pause > 0 && !interrupted());
//     }
//
// After Ctrl-C (interrupt.h) the frontier hands out no page and asks for no
// retry.
//
// Each URL is handed out once. The target of a redirect is queued like the URL
// of a link, and must pass the same host rule.

#ifndef FRONTIER_H
#define FRONTIER_H

#include "http.h"
#include "options.h"
#include "trace.h"
#include "url.h"

#include <regex.h>
#include <stdio.h>

// Limits on the URLs of one crawl. A URL beyond a limit is dropped, together
// with the rest of the links on the same page.
#define FRONTIER_MAX_URLS 1000000
#define FRONTIER_MAX_MIB 256 // for the texts of all URLs
#define FRONTIER_BACKOFF_MS 100 // for the first retry; doubles up to six times
#define FRONTIER_AT_ONCE_MS 1 // retry now; 0 would mean "page finished"

struct page {
    struct url url;
    int tries; // made so far; also the number of the next try, from 0
    // The result of the fetch. Absent values are NULL, 0 or -1.
    int status; // of the last try, with or without an error
    int error;
    char *next_url; // the target of a redirect
    char *content_type;
    char *encoding;
    long size; // of the body; -1 if unknown, as when an unused body was cut off
    int num_urls; // distinct links to pages that may be crawled
    int num_new_urls; // of these, links to pages not known before
    const struct page *linked_from; // a page that links here; of several, the
                                    // first in URL order
    // Private to the frontier:
    struct page *chain; // the next page in the same bucket of the seen set
    // The page that last counted this page in num_urls, so that no page counts
    // the same target twice.
    const struct page *linked_by;
    int redirects_left;
    bool finished;
};

struct frontier {
    const struct options *options;
    // All pages, in the order in which they were found. The pages before index
    // `next` have been handed out; the pages from `next` on are the queue.
    struct page **pages;
    size_t num_pages;
    size_t next;
    size_t pages_size; // allocated
    size_t url_bytes; // of the URLs of all pages
    size_t most_urls; // FRONTIER_MAX_URLS; tests lower the limits
    size_t most_bytes;
    struct page **seen; // a hash table of the same pages, by URL
    size_t seen_size;
    uint64_t seen_key[2]; // of the hash function
    struct slice *hosts; // of the roots
    size_t num_hosts;
    regex_t exclude;
    bool has_exclude;
    size_t out; // pages handed out and not finished
    long retries;
    // Links and redirects not followed, by reason:
    long off_host;
    long excluded;
    long not_http;
    long dropped; // URLs lost because of a limit or of missing memory
    long errors; // so far
    FILE *log; // for -v and -vv; NULL: none
    bool is_live; // show the progress on stderr (live.h)
};

// Borrows `options`. Returns 0; -EINVAL if options->exclude is not a regular
// expression (frontier_exclude_error() gives the reason); -ENOMEM. Call
// frontier_free() in either case.
int frontier_init(struct frontier *frontier, const struct options *options);

// Copies the reason why frontier_init() refused options->exclude, as a text.
void frontier_exclude_error(
    const struct options *options, char *reason, size_t size);

// Adds a URL to start from, as typed by a person (see url_parse_typed()), and
// allows crawling its host. Returns 0; -EPROTONOSUPPORT for a scheme other
// than http; -EINVAL or -ENAMETOOLONG for a malformed URL; -ENOMEM.
int frontier_add_root(struct frontier *frontier, const char *text);

// The next page to fetch, or NULL if the queue is empty for now: until
// frontier_finished(), pages in flight may still add new pages. The page,
// including the URL, is valid until frontier_free().
// (A macro, to record the place of the call in the trace.)
#define frontier_next(frontier) frontier_hand_out(frontier, TRACE_SITE)
struct page *frontier_hand_out(
    struct frontier *frontier, const struct trace_site *site);

// Records the result of a fetch: error 0 and the response, or an error and the
// part of the response that has arrived. An error in an unused body is ignored:
// a redirect is still followed, and a 404 remains a 404 (see http_settle()).
// Returns 0 if the page is finished. Otherwise returns a number of
// milliseconds: the caller must wait that long and then fetch the page again.
// Frees the response in either case.
// (A macro, to record the place of the call in the trace.)
#define frontier_done(frontier, page, error, response) \
    frontier_take_back(frontier, page, error, response, TRACE_SITE)
int frontier_take_back(struct frontier *frontier, struct page *page, int error,
    struct http_response *response, const struct trace_site *site);

// Will frontier_next() return NULL from now on?
bool frontier_finished(const struct frontier *frontier);

// Prints the report for people: a line for each page, sorted by URL (with
// --broken only pages with an error or a status of at least 400), a summary,
// and the counters. `wall` is in seconds.
void frontier_print(
    struct frontier *frontier, FILE *out, double wall, int max_in_flight);

// Prints `"urls":[...],"counters":{...}`.
void frontier_json(struct frontier *frontier, FILE *out);

// The number of pages that were handed out and never finished, plus 1 if a page
// could still be handed out. At the end of a crawl this should be 0; after
// Ctrl-C the function always returns 0.
long frontier_forgotten(const struct frontier *frontier);

// The number of pages that ended in an error, plus frontier_forgotten(), plus
// the URLs that were dropped for lack of room (memory, FRONTIER_MAX_URLS,
// FRONTIER_MAX_MIB).
long frontier_errors(const struct frontier *frontier);

void frontier_free(struct frontier *frontier);

#endif
