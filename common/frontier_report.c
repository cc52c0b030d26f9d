// frontier_report.c - sorts and counts the results of a crawl, and prints them
// as text and as JSON.

#include "frontier.h"

#include "errors.h"
#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int compare_pages(const void *a, const void *b)
{
    const struct page *const *left = a;
    const struct page *const *right = b;

    return strcmp((*left)->url.text, (*right)->url.text);
}

// Sorts by URL, in place, the pages that were handed out: a report allocates no
// memory. Returns the number of pages that were tried.
static size_t sort_pages(struct frontier *frontier)
{
    size_t n = 0;

    qsort(frontier->pages, frontier->next, sizeof(*frontier->pages),
        compare_pages);
    for (size_t i = 0; i < frontier->next; i++)
        n += frontier->pages[i]->tries > 0;
    return n;
}

// --- Counters ----------------------------------------------------------------

// Enough for the 900 statuses of three digits and for all errors.
enum { MAX_COUNTERS = 1280 };

struct counter {
    char name[80];
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

// Counts an error by its text: "error_timed_out".
static void count_error(struct counter *counters, int *n, int error)
{
    char name[sizeof(counters->name)];

    snprintf(name, sizeof(name), "error_%s", error_text(error));
    for (char *at = name; *at != '\0'; at++)
        *at = isalnum((unsigned char)*at) ? *at : '_';
    count(counters, n, name, 1);
}

// The number of URLs found but never fetched, because of Ctrl-C or --max-pages.
static long count_left(const struct frontier *frontier)
{
    long left = (long)(frontier->num_pages - frontier->next);

    for (size_t i = 0; i < frontier->next; i++)
        left += frontier->pages[i]->tries == 0;
    return left;
}

// Fills in the counters, sorted by name. Returns the number of counters.
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
    count(counters, &n, "left", count_left(frontier));
    for (size_t i = 0; i < frontier->next; i++) {
        const struct page *page = frontier->pages[i];
        if (page->tries == 0)
            continue;
        count(counters, &n, "urls", 1);
        if (page->error != 0) {
            count(counters, &n, "errors", 1);
            count_error(counters, &n, page->error);
        } else if (page->next_url != NULL)
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

// --- For people --------------------------------------------------------------

// Prints a text sent by a server, without control characters for the terminal.
static void print_text(FILE *out, const char *text)
{
    char safe[256];

    json_printable(
        safe, sizeof(safe), text != NULL ? slice_of(text) : slice_of("-"));
    fputs(safe, out);
}

static bool is_broken(const struct page *page)
{
    return page->error != 0 || page->status >= 400;
}

static void print_page(const struct page *page, FILE *out)
{
    fprintf(out, "%s ", page->url.text);
    if (page->status != 0)
        fprintf(out, "%d ", page->status);
    if (page->error != 0) {
        fprintf(out, "error %s (%d %s)", error_text(page->error), page->tries,
            page->tries == 1 ? "try" : "tries");
        return;
    }
    if (page->next_url != NULL) {
        fprintf(out, "redirect %s%s", page->next_url,
            page->redirects_left == 0 ? " (not followed: --max-redirect)" : "");
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
}

void frontier_print(
    struct frontier *frontier, FILE *out, double wall, int max_in_flight)
{
    static struct counter counters[MAX_COUNTERS];
    size_t n = sort_pages(frontier);

    for (size_t i = 0; i < frontier->next; i++) {
        const struct page *page = frontier->pages[i];
        if (page->tries == 0
            || (frontier->options->broken && !is_broken(page)))
            continue;
        print_page(page, out);
        if (is_broken(page) && page->linked_from != NULL)
            fprintf(out, " linked from %s", page->linked_from->url.text);
        fputc('\n', out);
    }
    fprintf(out,
        "Finished %zu urls in %.3f secs (max_tasks=%d, max_in_flight=%d)\n", n,
        wall, frontier->options->max_tasks, max_in_flight);
    if (count_left(frontier) > 0)
        fprintf(out, "Not fetched: %ld urls that were found\n",
            count_left(frontier));
    int num = count_all(frontier, counters);
    for (int i = 0; i < num; i++)
        fprintf(out, "%10ld %s\n", counters[i].value, counters[i].name);
}

// --- As JSON -----------------------------------------------------------------

static void print_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\"%s\":", name);
    json_string(out, text != NULL ? slice_of(text) : (struct slice){ NULL, 0 });
}

// Prints a number, or null if the number is not known.
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
    print_member(out, "linked_from",
        page->linked_from != NULL ? page->linked_from->url.text : NULL);
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
