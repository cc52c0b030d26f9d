// frontier.c - seen set, queue, host rules, redirects, retries, report.

#include "frontier.h"

#include "clock.h"
#include "errors.h"
#include "interrupt.h"
#include "json.h"
#include "links.h"
#include "trace.h"

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
// 2012). A keyed hash, because the URLs are a stranger's: with a known one a
// page could put all its links into the same bucket.
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
        // The last word ends with the length, whatever it still holds.
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

// Adds a URL that has not been seen, and takes it over in any case. Returns
// the page, or NULL: no memory, or more URLs than we care to know. Their bytes
// count as well: a page of a megabyte has room for a hundred thousand links of
// a few letters, and each may become as long as the page's own URL.
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
    // Time and the addresses of a process are not what a web server knows.
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

// "example.com." is the same host: its dot says that nothing is left out.
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

static void follow(
    struct frontier *frontier, const struct page *from, struct url *url);

// A page may be reached with few redirects left and later again with more.
// Whether its own redirect is followed must not depend on which came first, so
// the larger number is passed on along the chain as far as it is known.
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
        frontier->dropped++; // it is a URL: there was no memory
        return;
    }
    if (before == 0) {
        follow(frontier, page, &next);
        return;
    }
    struct page *target = find(frontier, next.text);
    url_free(&next);
    if (target != NULL)
        allow_redirects(frontier, target, left - 1);
}

// Takes over *url, which the crawl wants. Returns its page, new or seen
// before, or NULL if there is no room.
static struct page *want(
    struct frontier *frontier, struct url *url, int redirects_left)
{
    struct page *page = find(frontier, url->text);

    if (page == NULL)
        return add(frontier, url, redirects_left);
    url_free(url);
    allow_redirects(frontier, page, redirects_left);
    return page;
}

// Takes over *url, the target of a redirect of `from`.
static void follow(
    struct frontier *frontier, const struct page *from, struct url *url)
{
    if (from->redirects_left > 0 && allowed(frontier, url))
        want(frontier, url, from->redirects_left - 1);
    else
        url_free(url);
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
    struct page *page = want(frontier, &url, frontier->options->max_redirect);
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

struct page *frontier_next(struct frontier *frontier)
{
    if (!may_hand_out(frontier))
        return NULL;
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
        return 0; // it leads nowhere, but nothing is wrong with it
    int error = url_resolve(&target, &page->url, location.at, location.len);
    if (error != 0)
        return error == -ENOMEM ? error : ERROR_LOCATION;
    page->next_url = strdup(target.text);
    if (page->next_url == NULL) {
        url_free(&target);
        return -ENOMEM;
    }
    follow(frontier, page, &target);
    return 0;
}

// Counts the links of a page, each once, and queues those that are new.
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
            want(frontier, &url, frontier->options->max_redirect);
        if (target == NULL)
            break; // no room: the rest of a page without end costs only time
        if (target->linked_by == page)
            continue;
        target->linked_by = page;
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

// Copies what is there; false: no memory.
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

// Was there nobody at this address? Then nobody has been troubled yet, and the
// host may have another address: a first retry need not wait.
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

int frontier_take_back(struct frontier *frontier, struct page *page, int error,
    struct http_response *response, const char *func, int line)
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
    } else if (trace_is_on) {
        trace_record(TRACE_WAIT_TIMER, TRACE_THIS, pause, func, line);
    }
    return pause;
}

// --- The report ------------------------------------------------------------

static int compare_pages(const void *a, const void *b)
{
    const struct page *const *left = a;
    const struct page *const *right = b;

    return strcmp((*left)->url.text, (*right)->url.text);
}

// Sorts the pages that were handed out by URL; in place, so that a report needs
// no memory. Returns how many of them were tried.
static size_t sort_pages(struct frontier *frontier)
{
    size_t n = 0;

    qsort(frontier->pages, frontier->next, sizeof(*frontier->pages),
        compare_pages);
    for (size_t i = 0; i < frontier->next; i++)
        n += frontier->pages[i]->tries > 0;
    return n;
}

// What a server sent must not steer the terminal.
static void print_text(FILE *out, const char *text)
{
    char safe[256];

    json_printable(
        safe, sizeof(safe), text != NULL ? slice_of(text) : slice_of("-"));
    fputs(safe, out);
}

static void print_page(const struct page *page, FILE *out)
{
    fprintf(out, "%s ", page->url.text);
    if (page->status != 0)
        fprintf(out, "%d ", page->status);
    if (page->error != 0) {
        fprintf(out, "error %s (%d %s)\n", error_text(page->error), page->tries,
            page->tries == 1 ? "try" : "tries");
        return;
    }
    if (page->next_url != NULL) {
        fprintf(out, "redirect %s\n", page->next_url);
        return;
    }
    print_text(out, page->content_type);
    if (page->num_urls >= 0) {
        fputc(' ', out);
        print_text(out, page->encoding);
    }
    if (page->size >= 0)
        fprintf(out, " %ld bytes", page->size);
    if (page->num_urls >= 0)
        fprintf(out, " %d links", page->num_urls);
    fputc('\n', out);
}

enum { MAX_COUNTERS = 1024 };

struct counter {
    char name[24];
    long value;
};

static int compare_counters(const void *a, const void *b)
{
    return strcmp(
        ((const struct counter *)a)->name, ((const struct counter *)b)->name);
}

static void count(struct counter *counters, int *n, const char *name, long by)
{
    int i = 0;

    while (i < *n && strcmp(counters[i].name, name) != 0)
        i++;
    if (i == *n) {
        counters[i].value = 0;
        snprintf(counters[i].name, sizeof(counters[i].name), "%s", name);
        ++*n;
    }
    counters[i].value += by;
}

// Fills in the counters, sorted by name; returns how many there are. Statuses
// have three digits, so there is room for all of them.
static int count_all(const struct frontier *frontier, struct counter *counters)
{
    char name[24];
    int n = 0;
    static const char *const always[] = { "bytes", "errors", "html", "other",
        "redirects", "urls" };

    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
        count(counters, &n, always[i], 0);
    count(counters, &n, "retries", frontier->retries);
    count(counters, &n, "skipped_off_host", frontier->off_host);
    count(counters, &n, "skipped_excluded", frontier->excluded);
    count(counters, &n, "skipped_not_http", frontier->not_http);
    count(counters, &n, "dropped", frontier->dropped);
    for (size_t i = 0; i < frontier->next; i++) {
        const struct page *page = frontier->pages[i];
        if (page->tries == 0)
            continue;
        count(counters, &n, "urls", 1);
        if (page->error != 0)
            count(counters, &n, "errors", 1);
        else if (page->next_url != NULL)
            count(counters, &n, "redirects", 1);
        else
            count(counters, &n, page->num_urls >= 0 ? "html" : "other", 1);
        if (page->error == 0 && page->size >= 0)
            count(counters, &n, "bytes", page->size);
        if (page->status == 0)
            continue;
        snprintf(name, sizeof(name), "status_%d", page->status);
        count(counters, &n, name, 1);
    }
    qsort(counters, (size_t)n, sizeof(*counters), compare_counters);
    return n;
}

void frontier_print(
    struct frontier *frontier, FILE *out, double wall, int max_in_flight)
{
    static struct counter counters[MAX_COUNTERS];
    size_t n = sort_pages(frontier);

    for (size_t i = 0; i < frontier->next; i++) {
        if (frontier->pages[i]->tries > 0)
            print_page(frontier->pages[i], out);
    }
    fprintf(out,
        "Finished %zu urls in %.3f secs (max_tasks=%d, max_in_flight=%d)\n", n,
        wall, frontier->options->max_tasks, max_in_flight);
    int num = count_all(frontier, counters);
    for (int i = 0; i < num; i++)
        fprintf(out, "%10ld %s\n", counters[i].value, counters[i].name);
}

static void print_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\"%s\":", name);
    json_string(out, text != NULL ? slice_of(text) : (struct slice){ NULL, 0 });
}

// A number, or null where it would say nothing.
static void print_number(FILE *out, const char *name, long value, bool known)
{
    if (known)
        fprintf(out, ",\"%s\":%ld", name, value);
    else
        fprintf(out, ",\"%s\":null", name);
}

static void page_json(const struct page *page, FILE *out)
{
    bool good = page->error == 0;

    fprintf(out, "{\"url\":");
    json_string(out, slice_of(page->url.text));
    print_number(out, "status", page->status, page->status != 0);
    print_member(out, "next_url", good ? page->next_url : NULL);
    print_member(out, "error", good ? NULL : error_text(page->error));
    print_number(out, "tries", page->tries, true);
    print_number(out, "size", page->size, good && page->size >= 0);
    print_member(out, "content_type", good ? page->content_type : NULL);
    print_member(out, "encoding", good ? page->encoding : NULL);
    print_number(out, "num_urls", page->num_urls, good && page->num_urls >= 0);
    print_number(
        out, "num_new_urls", page->num_new_urls, good && page->num_urls >= 0);
    fputc('}', out);
}

void frontier_json(struct frontier *frontier, FILE *out)
{
    static struct counter counters[MAX_COUNTERS];
    const char *separator = "\n";

    fprintf(out, "\"urls\":[");
    sort_pages(frontier);
    for (size_t i = 0; i < frontier->next; i++) {
        if (frontier->pages[i]->tries == 0)
            continue;
        fputs(separator, out);
        page_json(frontier->pages[i], out);
        separator = ",\n";
    }
    fprintf(out, "],\n\"counters\":{");
    int num = count_all(frontier, counters);
    for (int i = 0; i < num; i++)
        fprintf(out, "%s\"%s\":%ld", i > 0 ? "," : "", counters[i].name,
            counters[i].value);
    fputc('}', out);
}

long frontier_errors(const struct frontier *frontier)
{
    long errors = 0;

    for (size_t i = 0; i < frontier->next; i++)
        errors += frontier->pages[i]->error != 0;
    // Left in the queue, or never brought back, and nobody asked for an end:
    // there was no way to go on.
    if (!interrupted())
        errors += may_hand_out(frontier) + (long)frontier->out;
    return errors + frontier->dropped;
}

// --- The end ---------------------------------------------------------------

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
