// frontier.c - a queue of pages, a hash table of seen URLs, the host rule,
// redirects and retries. The report is in frontier_report.c.

#include "frontier.h"

#include "clock.h"
#include "errors.h"
#include "interrupt.h"
#include "links.h"
#include "live.h"
#include "timing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- The seen set ----------------------------------------------------------

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
// 2012). The hash is keyed because URLs come from strangers: if the hash were
// known in advance, a page could put all links into the same bucket.
static uint64_t hash(const uint64_t key[2], const char *text, size_t n)
{
    uint64_t v[4] = {
        key[0] ^ 0x736f6d6570736575,
        key[1] ^ 0x646f72616e646f6d,
        key[0] ^ 0x6c7967656e657261,
        key[1] ^ 0x7465646279746573,
    };
    uint64_t word = 0;

    for (size_t i = 0; i <= n; i++) {
        // The last byte of the last word is the length.
        uint64_t byte = i < n ? (unsigned char)text[i] : n & 0xFF;
        int shift = i < n ? (int)(i % 8) * 8 : 56;
        word |= byte << shift;
        if (shift == 56) {
            v[3] ^= word;
            sip_round(v);
            v[0] ^= word;
            word = 0;
        }
    }
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct page **bucket(const struct frontier *frontier, const char *url)
{
    uint64_t h = hash(frontier->seen_key, url, strlen(url));

    return &frontier->seen[h & (frontier->seen_size - 1)];
}

static struct page *find(const struct frontier *frontier, const char *url)
{
    struct page *page = *bucket(frontier, url);

    while (page != NULL && strcmp(page->url.text, url) != 0)
        page = page->chain;
    return page;
}

// Makes room for one more page in the array and in the table.
static bool grow(struct frontier *frontier)
{
    if (frontier->num_pages < frontier->pages_size)
        return true;
    size_t size = frontier->pages_size * 2;
    struct page **pages =
        realloc(frontier->pages, size * sizeof(*frontier->pages));
    if (pages == NULL)
        return false;
    frontier->pages = pages;
    struct page **seen = calloc(size, sizeof(*seen));
    if (seen == NULL)
        return false;
    free(frontier->seen);
    frontier->seen = seen;
    frontier->pages_size = frontier->seen_size = size;
    for (size_t i = 0; i < frontier->num_pages; i++) {
        struct page **slot = bucket(frontier, pages[i]->url.text);
        pages[i]->chain = *slot;
        *slot = pages[i];
    }
    return true;
}

// Adds a URL that has not been seen; takes ownership of *url in any case.
// Returns the page, or NULL if there is no memory or a limit is reached. Bytes
// are limited as well as URLs: a page of a megabyte has room for a hundred
// thousand links of a few letters, and each resolved link may be as long as the
// URL of the page.
static struct page *add(
    struct frontier *frontier, struct url *url, int redirects_left)
{
    size_t size = strlen(url->text) + 1;

    if (frontier->num_pages >= frontier->most_urls
        || frontier->url_bytes + size > frontier->most_bytes || !grow(frontier))
        goto free_url;
    struct page *page = calloc(1, sizeof(*page));
    if (page == NULL)
        goto free_url;
    page->url = *url;
    page->redirects_left = redirects_left;
    page->num_urls = page->num_new_urls = -1;
    page->size = -1;
    struct page **slot = bucket(frontier, page->url.text);
    page->chain = *slot;
    *slot = page;
    frontier->pages[frontier->num_pages++] = page;
    frontier->url_bytes += size;
    return page;

free_url:
    frontier->dropped++;
    url_free(url);
    return NULL;
}

// --- Beginning -------------------------------------------------------------

int frontier_init(struct frontier *frontier, const struct options *options)
{
    // For the hash key: no web server knows the time or the addresses in this
    // process.
    double now = clock_now();

    *frontier = (struct frontier){
        .options = options,
        .most_urls = FRONTIER_MAX_URLS,
        .most_bytes = (size_t)FRONTIER_MAX_MIB << 20,
    };
    memcpy(&frontier->seen_key[0], &now, sizeof(now));
    frontier->seen_key[1] = (uint64_t)(uintptr_t)frontier
        ^ (uint64_t)(uintptr_t)frontier_init << 32;
    frontier->pages_size = frontier->seen_size = 64;
    frontier->pages = calloc(64, sizeof(*frontier->pages));
    frontier->seen = calloc(64, sizeof(*frontier->seen));
    if (frontier->pages == NULL || frontier->seen == NULL)
        return -ENOMEM;
    if (options->exclude == NULL)
        return 0;
    int code =
        regcomp(&frontier->exclude, options->exclude, REG_EXTENDED | REG_NOSUB);
    if (code != 0)
        return code == REG_ESPACE ? -ENOMEM : -EINVAL;
    frontier->has_exclude = true;
    return 0;
}

void frontier_exclude_error(
    const struct options *options, char *reason, size_t size)
{
    regex_t exclude;
    int code = regcomp(&exclude, options->exclude, REG_EXTENDED | REG_NOSUB);

    if (code == 0) {
        regfree(&exclude);
        snprintf(reason, size, "no error");
    } else {
        regerror(code, NULL, reason, size);
    }
}

// --- Which URLs belong to the crawl ----------------------------------------

// "example.com." is the same host as "example.com": the dot only marks the name
// as complete.
static struct slice without_dot(struct slice host)
{
    if (host.len > 1 && host.at[host.len - 1] == '.')
        host.len--;
    return host;
}

static struct slice without_www(struct slice host)
{
    if (host.len > 4 && memcmp(host.at, "www.", 4) == 0) {
        host.at += 4;
        host.len -= 4;
    }
    return host;
}

// "a.b.example.com" gives "example.com"; a shorter name stays as it is.
static struct slice last_two_labels(struct slice host)
{
    int dots = 0;
    size_t i = host.len;

    while (i > 0 && (host.at[i - 1] != '.' || ++dots < 2))
        i--;
    return (struct slice){ host.at + i, host.len - i };
}

static bool host_allowed(const struct frontier *frontier, const struct url *url)
{
    bool name = !url_host_is_address(url);
    struct slice host = without_dot(url->host);

    for (size_t i = 0; i < frontier->num_hosts; i++) {
        struct slice root = without_dot(frontier->hosts[i]);
        if (slice_equal(host, root))
            return true;
        if (!name)
            continue;
        if (slice_equal(without_www(host), without_www(root)))
            return true;
        if (frontier->options->lenient
            && slice_equal(last_two_labels(host), last_two_labels(root)))
            return true;
    }
    return false;
}

// May the crawl fetch this URL? If not, counts the reason.
static bool allowed(struct frontier *frontier, const struct url *url)
{
    if (url->scheme != URL_HTTP)
        frontier->not_http++;
    else if (!host_allowed(frontier, url))
        frontier->off_host++;
    else if (frontier->has_exclude
        && regexec(&frontier->exclude, url->text, 0, NULL, 0) == 0)
        frontier->excluded++;
    else
        return true;
    return false;
}

static void follow_redirect(
    struct frontier *frontier, const struct page *from, struct url *url);

// A page may be reached with few redirects left, and later again with more.
// Whether a redirect is followed must not depend on the order of these events,
// so the larger number is propagated along the known chain of redirects.
static void allow_redirects(
    struct frontier *frontier, struct page *page, int left)
{
    int before = page->redirects_left;
    struct url next;

    if (left <= before)
        return;
    page->redirects_left = left;
    if (!page->finished || page->next_url == NULL)
        return;
    if (url_parse(&next, page->next_url, strlen(page->next_url)) != 0) {
        frontier->dropped++; // out of memory, as the URL is known to be valid
        return;
    }
    if (before == 0) {
        follow_redirect(frontier, page, &next);
        return;
    }
    struct page *target = find(frontier, next.text);
    url_free(&next);
    if (target != NULL)
        allow_redirects(frontier, target, left - 1);
}

// Returns the page with this URL, adding a new page if necessary; NULL if there
// is no room. Takes ownership of *url.
static struct page *find_or_add(
    struct frontier *frontier, struct url *url, int redirects_left)
{
    struct page *page = find(frontier, url->text);

    if (page == NULL)
        return add(frontier, url, redirects_left);
    url_free(url);
    allow_redirects(frontier, page, redirects_left);
    return page;
}

// Records that `from` links to `to`. Of all pages that link to `to`, keeps the
// first in URL order: the report must not depend on the order of fetches.
static void note_link(struct page *to, const struct page *from)
{
    if (to != from
        && (to->linked_from == NULL
            || strcmp(from->url.text, to->linked_from->url.text) < 0))
        to->linked_from = from;
}

// Queues *url, the target of a redirect of `from`. Takes ownership of *url.
static void follow_redirect(
    struct frontier *frontier, const struct page *from, struct url *url)
{
    struct page *to = NULL;

    if (from->redirects_left > 0 && allowed(frontier, url))
        to = find_or_add(frontier, url, from->redirects_left - 1);
    else
        url_free(url);
    if (to != NULL)
        note_link(to, from);
}

int frontier_add_root(struct frontier *frontier, const char *text)
{
    struct url url;
    int error = url_parse_typed(&url, text);

    frontier->dropped += error == -ENOMEM;
    if (error != 0)
        return error;
    if (url.scheme != URL_HTTP) {
        url_free(&url);
        return -EPROTONOSUPPORT;
    }
    struct slice *hosts =
        realloc(frontier->hosts, (frontier->num_hosts + 1) * sizeof(*hosts));
    if (hosts == NULL) {
        frontier->dropped++;
        url_free(&url);
        return -ENOMEM;
    }
    frontier->hosts = hosts;
    struct page *page =
        find_or_add(frontier, &url, frontier->options->max_redirect);
    if (page == NULL)
        return -ENOMEM;
    hosts[frontier->num_hosts++] = page->url.host;
    return 0;
}

// --- Handing out -----------------------------------------------------------

static bool may_hand_out(const struct frontier *frontier)
{
    int most = frontier->options->max_pages;

    return !interrupted() && frontier->next < frontier->num_pages
        && (most == 0 || frontier->next < (size_t)most);
}

struct page *frontier_hand_out(
    struct frontier *frontier, const struct trace_site *site)
{
    if (!may_hand_out(frontier)) {
        if (trace_is_on && !frontier_finished(frontier))
            trace_record(TRACE_WAIT_CONDITION, TRACE_WORKER, 0, site);
        return NULL;
    }
    struct page *page = frontier->pages[frontier->next++];
    frontier->out++;
    return page;
}

bool frontier_finished(const struct frontier *frontier)
{
    return !may_hand_out(frontier) && (interrupted() || frontier->out == 0);
}

// --- Taking back -----------------------------------------------------------

static int take_redirect(struct frontier *frontier, struct page *page,
    const struct http_response *response)
{
    struct slice location = http_header(response, "location");
    struct url target;

    if (location.at == NULL)
        return 0; // RFC 9110 allows a redirect without Location
    int error = url_resolve(&target, &page->url, location.at, location.len);
    if (error != 0)
        return error == -ENOMEM ? error : ERROR_LOCATION;
    page->next_url = strdup(target.text);
    if (page->next_url == NULL) {
        url_free(&target);
        return -ENOMEM;
    }
    follow_redirect(frontier, page, &target);
    return 0;
}

// Counts the distinct links of a page, and queues new pages.
static int take_links(struct frontier *frontier, struct page *page,
    const struct http_response *response)
{
    struct links links;
    struct url url;
    struct slice type;
    struct slice charset;

    http_content_type(http_header(response, "content-type"), &type, &charset);
    int error = links_init(&links, &page->url, type, charset, response->body,
        response->body_len);
    page->num_urls = page->num_new_urls = 0;
    while (error == 0 && links_next(&links, &url)) {
        if (!allowed(frontier, &url)) {
            url_free(&url);
            continue;
        }
        size_t before = frontier->num_pages;
        struct page *target =
            find_or_add(frontier, &url, frontier->options->max_redirect);
        if (target == NULL)
            break; // no room for a URL: more links would only take time
        if (target->linked_by == page)
            continue;
        target->linked_by = page;
        note_link(target, page);
        page->num_urls++;
        page->num_new_urls += frontier->num_pages > before;
    }
    if (links.out_of_memory)
        error = -ENOMEM;
    links_free(&links);
    return error;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307
        || status == 308;
}

static bool has_links(struct slice type)
{
    return slice_like(type, "text/html")
        || slice_like(type, "application/xhtml+xml")
        || slice_like(type, "application/xml");
}

static bool is_text(struct slice type)
{
    struct slice family = { type.at, type.len < 5 ? type.len : 5 };

    return slice_like(family, "text/") || has_links(type);
}

// Copies a text unless the slice is absent. Returns false without memory.
static bool copy(char **to, struct slice text)
{
    if (text.at == NULL)
        return true;
    *to = strndup(text.at, text.len);
    return *to != NULL;
}

static int take_response(struct frontier *frontier, struct page *page,
    const struct http_response *response)
{
    struct slice type;
    struct slice charset;

    if (is_redirect(response->status)) {
        int error = take_redirect(frontier, page, response);
        if (error != 0)
            return error;
    }
    http_content_type(http_header(response, "content-type"), &type, &charset);
    if (charset.at == NULL && type.at != NULL && is_text(type))
        charset = slice_of("utf-8");
    if (!copy(&page->content_type, type) || !copy(&page->encoding, charset))
        return -ENOMEM;
    if (response->status != 200 || type.at == NULL || !has_links(type))
        return 0;
    if (http_is_coded(response))
        return ERROR_CONTENT_ENCODING;
    return take_links(frontier, page, response);
}

// Does the error mean that no server received the request? Then the first retry
// may be immediate: it burdens no server, and the host may have another
// address.
static bool is_unreachable(int error)
{
    return error == -ECONNREFUSED || error == -EHOSTUNREACH
        || error == -ENETUNREACH || error == -EADDRNOTAVAIL
        || error == -EAFNOSUPPORT;
}

static int backoff(const struct page *page)
{
    if (page->tries == 1 && is_unreachable(page->error))
        return FRONTIER_AT_ONCE_MS;
    int doublings = page->tries - 1 < 6 ? page->tries - 1 : 6;

    return FRONTIER_BACKOFF_MS << doublings;
}

static void log_done(
    const struct frontier *frontier, const struct page *page, int pause)
{
    int verbose = frontier->options->verbose;

    if (frontier->log == NULL || verbose < (pause > 0 ? 1 : 2))
        return;
    fputs(page->url.text, frontier->log);
    if (page->status != 0)
        fprintf(frontier->log, " %d", page->status);
    if (page->error != 0)
        fprintf(frontier->log, " %s", error_text(page->error));
    if (pause > 0)
        fprintf(frontier->log, ", try %d of %d", page->tries + 1,
            frontier->options->max_tries);
    if (pause > FRONTIER_AT_ONCE_MS)
        fprintf(frontier->log, " in %d ms", pause);
    fputc('\n', frontier->log);
}

static void show_progress(const struct frontier *frontier)
{
    size_t done = frontier->next - frontier->out;

    if (frontier->is_live && live_is_due())
        live_show("%zu pages, %zu queued, %zu in flight, %ld errors, "
                  "%.0f pages a second",
            done, frontier->num_pages - frontier->next, frontier->out,
            frontier->errors, (double)done / timing_wall());
}

static void record_done(
    const struct page *page, int pause, const struct trace_site *site)
{
    if (pause > 0) {
        trace_record(TRACE_WAIT_TIMER, TRACE_THIS, pause, site);
        return;
    }
    trace_url(page->url.text);
    trace_record(TRACE_DONE, TRACE_THIS, page->status, site);
}

int frontier_take_back(struct frontier *frontier, struct page *page, int error,
    struct http_response *response, const struct trace_site *site)
{
    int pause = 0;

    page->tries++;
    page->status = response->status;
    if (error == 0)
        page->size = (long)response->body_len;
    page->error = error = http_settle(response, error);
    if (error == 0) {
        page->error = take_response(frontier, page, response);
    } else if (error_is_transient(error) && !interrupted()
        && page->tries < frontier->options->max_tries) {
        pause = backoff(page);
        frontier->retries++;
    }
    http_response_free(response);
    log_done(frontier, page, pause);
    if (pause == 0) {
        page->finished = true;
        frontier->out--;
        frontier->errors += page->error != 0;
    }
    if (trace_is_on)
        record_done(page, pause, site);
    show_progress(frontier);
    return pause;
}

// --- The end ---------------------------------------------------------------

long frontier_forgotten(const struct frontier *frontier)
{
    return interrupted() ? 0 : may_hand_out(frontier) + (long)frontier->out;
}

long frontier_errors(const struct frontier *frontier)
{
    long errors = frontier_forgotten(frontier) + frontier->dropped;

    for (size_t i = 0; i < frontier->next; i++)
        errors += frontier->pages[i]->error != 0;
    return errors;
}

void frontier_free(struct frontier *frontier)
{
    for (size_t i = 0; i < frontier->num_pages; i++) {
        struct page *page = frontier->pages[i];
        url_free(&page->url);
        free(page->next_url);
        free(page->content_type);
        free(page->encoding);
        free(page);
    }
    free(frontier->pages);
    free(frontier->seen);
    free(frontier->hosts);
    if (frontier->has_exclude)
        regfree(&frontier->exclude);
    *frontier = (struct frontier){ .options = NULL };
}
