// frontier.h - the crawl's policy: what to fetch next, and what became of it.
// It knows nothing of sockets and takes no lock: several threads need one
// around it.
//
//     while ((page = frontier_next(&frontier)) != NULL) {
//         do {
//             error = fetch page->url;
//             pause = frontier_done(&frontier, page, error, &response);
//             wait so many milliseconds;
//         } while (pause > 0 && !interrupted());
//     }
//
// After Ctrl-C nothing is handed out and nothing tried again: the frontier asks
// interrupted() of interrupt.h.
//
// Each URL is handed out once. Redirects are followed by hand: the target is
// just another URL that must pass the host rule and may have been seen.

#ifndef FRONTIER_H
#define FRONTIER_H

#include "http.h"
#include "options.h"
#include "trace.h"
#include "url.h"

#include <regex.h>
#include <stdio.h>

// Known at once. What comes later is dropped, and nobody looks at the links
// that follow it on its page.
#define FRONTIER_MAX_URLS 1000000
#define FRONTIER_MAX_MIB 256 // of their texts
#define FRONTIER_BACKOFF_MS 100 // before the second try; doubles each time
#define FRONTIER_AT_ONCE_MS 1 // 0 would say that the page is finished

struct page {
    struct url url;
    int tries; // made so far; the next try is number `tries`, from 0
    // What became of it. Absent values are NULL, 0 or -1.
    int status; // of the last try, with or without an error
    int error;
    char *next_url;
    char *content_type;
    char *encoding;
    long size; // of the body; -1 if it was not whole and not needed either
    int num_urls;
    int num_new_urls;
    const struct page *linked_from; // of those known, the first in URL order
    // The frontier's own:
    struct page *chain; // the next page in the same bucket of the seen set
    const struct page *linked_by; // the last page that was found to link here
    int redirects_left;
    bool finished;
};

struct frontier {
    const struct options *options;
    // All pages, in the order in which they were found. Those before `next`
    // have been handed out: the rest is the queue.
    struct page **pages;
    size_t num_pages;
    size_t next;
    size_t pages_size; // allocated
    size_t url_bytes; // of all pages' URLs
    size_t most_urls; // the limits; frontier_init() sets them
    size_t most_bytes;
    struct page **seen; // a hash table of the same pages, by URL
    size_t seen_size;
    uint64_t seen_key[2];
    struct slice *hosts; // of the roots
    size_t num_hosts;
    regex_t exclude;
    bool has_exclude;
    size_t out; // handed out and not finished
    long retries;
    long off_host; // links and redirects not followed, and why
    long excluded;
    long not_http;
    long dropped; // how often there was no room
    long errors; // so far
    FILE *log; // for -v and -vv; NULL: silence
    bool is_live; // a line on stderr shows how far it is
};

// `options` is borrowed. Returns 0; -EINVAL if options->exclude is not a
// regular expression (frontier_exclude_error() says why); -ENOMEM.
// frontier_free() is due in either case.
int frontier_init(struct frontier *frontier, const struct options *options);

// Why frontier_init() refused: copies the reason, in words.
void frontier_exclude_error(
    const struct options *options, char *reason, size_t size);

// Adds a root as a person types it: "http://" is assumed. Its host becomes one
// that may be crawled. Returns 0; -EPROTONOSUPPORT (another scheme); -EINVAL,
// -ENAMETOOLONG (junk); -ENOMEM.
int frontier_add_root(struct frontier *frontier, const char *text);

// The next page to fetch, or NULL if there is none for now: as long as not
// frontier_finished(), pages that are being fetched may bring new ones. The
// page, its URL included, lives until frontier_free().
// (A macro: the place of the call goes into the trace.)
#define frontier_next(frontier) frontier_hand_out(frontier, TRACE_SITE)
struct page *frontier_hand_out(
    struct frontier *frontier, const struct trace_site *site);

// Tells how fetching `page` went: 0 and the response, or an error and what has
// come of the response. A body that nobody reads decides nothing: a redirect is
// followed, and a 404 stays one, whatever came behind the headers (see
// http_settle()). Returns 0 when the page is finished; otherwise it is to be
// fetched again after so many milliseconds, by the caller that has it. The
// response is freed in either case.
// (A macro: the place of the call goes into the trace.)
#define frontier_done(frontier, page, error, response) \
    frontier_take_back(frontier, page, error, response, TRACE_SITE)
int frontier_take_back(struct frontier *frontier, struct page *page, int error,
    struct http_response *response, const struct trace_site *site);

// Will frontier_next() return NULL for ever?
bool frontier_finished(const struct frontier *frontier);

// The report for people: a line a page, sorted by URL (with --broken only those
// with an error or a status of 400 and more), the summary, and the counters.
// `wall` is in seconds.
void frontier_print(
    struct frontier *frontier, FILE *out, double wall, int max_in_flight);

// `"urls":[...],"counters":{...}`
void frontier_json(struct frontier *frontier, FILE *out);

// How many pages are left in the queue, or were handed out and never brought
// back, though nobody has asked for an end: there was no way to go on.
long frontier_forgotten(const struct frontier *frontier);

// How many pages ended in an error, could not be fetched at all, or were
// dropped for lack of room (memory, FRONTIER_MAX_URLS, FRONTIER_MAX_MIB).
long frontier_errors(const struct frontier *frontier);

void frontier_free(struct frontier *frontier);

#endif
