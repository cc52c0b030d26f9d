// test_frontier.c - the crawl's policy without a network: the responses are
// written here, byte by byte.

#include "errors.h"
#include "frontier.h"
#include "interrupt.h"
#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct options options;
static struct frontier frontier;

static void set_up(void)
{
    options = (struct options){
        .program = "crawl",
        .max_tasks = 10,
        .max_redirect = 10,
        .max_tries = 4,
        .max_body = HTTP_MAX_BODY,
    };
}

static void tear_down(void)
{
    frontier_free(&frontier);
}

static void start(const char *root)
{
    ck_assert_int_eq(frontier_init(&frontier, &options), 0);
    ck_assert_int_eq(frontier_add_root(&frontier, root), 0);
}

// Gives `page` the response "HTTP/1.1 " text.
static int answer(struct page *page, const char *text)
{
    struct http_response response;
    char head[] = "HTTP/1.1 ";

    http_response_init(&response, HTTP_MAX_BODY);
    http_feed(&response, head, strlen(head));
    http_feed(&response, text, strlen(text));
    http_feed(&response, "", 0);
    ck_assert_int_eq(response.error, 0);
    return frontier_done(&frontier, page, 0, &response);
}

static int answer_html(struct page *page, const char *body)
{
    char text[8192];

    snprintf(text, sizeof(text), "200 OK\r\nContent-Type: text/html\r\n\r\n%s",
        body);
    return answer(page, text);
}

static int redirect(struct page *page, int status, const char *location)
{
    char text[512];

    snprintf(
        text, sizeof(text), "%d Go\r\nLocation: %s\r\n\r\n", status, location);
    return answer(page, text);
}

static int give_error(struct page *page, int error)
{
    struct http_response response;

    http_response_init(&response, HTTP_MAX_BODY);
    return frontier_done(&frontier, page, error, &response);
}

static struct page *next(void)
{
    return frontier_next(&frontier);
}

// Takes the next page, which has the URL `expected`.
#define ck_assert_next(expected) \
    do { \
        struct page *page_ = next(); \
        ck_assert_ptr_nonnull(page_); \
        ck_assert_str_eq(page_->url.text, expected); \
    } while (0)

START_TEST(each_url_once)
{
    start("http://h/");
    struct page *root = next();
    ck_assert_ptr_null(next());
    ck_assert(!frontier_finished(&frontier)); // the root may bring links
    answer_html(
        root, "<a href=a><a href='/a#part'><a href=b><a href=.><a href='?q'>");
    ck_assert_int_eq(root->num_urls, 4);
    ck_assert_int_eq(root->num_new_urls, 3);
    struct page *a = next();
    ck_assert_str_eq(a->url.text, "http://h/a");
    ck_assert_next("http://h/b");
    ck_assert_next("http://h/?q");
    ck_assert_ptr_null(next());
    answer_html(a, "<a href=/b><a href=/b><a href=/>");
    ck_assert_int_eq(a->num_urls, 2);
    ck_assert_int_eq(a->num_new_urls, 0);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(ends_when_nothing_is_out)
{
    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=a><a href=b>");
    struct page *a = next();
    struct page *b = next();
    answer_html(a, "");
    ck_assert(!frontier_finished(&frontier));
    answer_html(b, "");
    ck_assert(frontier_finished(&frontier));
}
END_TEST

// If the loop of a stage fails, a page that was handed out never comes back.
START_TEST(a_page_that_is_never_finished_is_an_error)
{
    start("http://h/");
    struct page *root = next();
    ck_assert_int_eq(frontier_errors(&frontier), 1);
    answer_html(root, "<a href=a>");
    ck_assert_int_eq(frontier_errors(&frontier), 1); // /a is in the queue
    struct page *a = next();
    ck_assert_int_eq(frontier_errors(&frontier), 1);
    answer_html(a, "");
    ck_assert_int_eq(frontier_errors(&frontier), 0);
    frontier.dropped = 1; // out of memory
    ck_assert_int_eq(frontier_errors(&frontier), 1);
}
END_TEST

START_TEST(many_urls)
{
    char body[4096];
    int pages = 1;

    start("http://h/0");
    struct page *page = next();
    for (int i = 0; i < 300; i++) {
        int n = 0;
        for (int k = 0; k < 10; k++)
            n += snprintf(
                body + n, sizeof(body) - (size_t)n, "<a href=%d>", i * 10 + k);
        answer_html(page, body);
        page = next();
        ck_assert_ptr_nonnull(page);
        pages++;
    }
    ck_assert_uint_eq(frontier.num_pages, 3000);
    ck_assert_int_eq(pages, 301);
}
END_TEST

static const struct {
    const char *root;
    const char *link;
    bool strict;
    bool lenient;
} hosts[] = {
    { "example.com", "http://example.com/x", true, true },
    { "example.com", "http://www.example.com/x", true, true },
    { "www.example.com", "http://example.com/x", true, true },
    { "www.example.com", "http://www.www.example.com/x", false, true },
    { "example.com", "http://foo.example.com/x", false, true },
    { "foo.example.com", "http://bar.example.com/x", false, true },
    { "example.com", "http://myexample.com/x", false, false },
    { "example.com", "http://example.com.evil/x", false, false },
    { "example.com", "http://example.org/x", false, false },
    { "EXAMPLE.com", "http://Example.COM/x", true, true },
    { "example.com", "http://example.com:81/x", true, true },
    { "example.com", "https://example.com/x", false, false },
    { "example.com", "ftp://example.com/x", false, false },
    { "example.com", "mailto:x@example.com", false, false },
    { "example.com", "javascript:alert(1)", false, false },
    { "example.com", "//example.com/x", true, true },
    { "example.com", "http://user@example.com/x", true, true },
    { "example.com", "http://example.com@evil.org/x", false, false },
    { "localhost", "http://localhost/x", true, true },
    { "localhost", "http://foo.localhost/x", false, false },
    { "10.0.0.1", "http://10.0.0.1/x", true, true },
    { "10.0.0.1", "http://www.10.0.0.1/x", false, false },
    { "10.0.0.1", "http://20.0.0.1/x", false, false },
    { "[::1]", "http://[::1]/x", true, true },
    { "[::1]", "http://[::2]/x", false, false },
    // A dot at the end marks a complete name: the same host.
    { "good.test.", "http://good.test/x", true, true },
    { "good.test", "http://good.test./x", true, true },
    { "good.test.", "http://www.good.test./x", true, true },
    { "www.good.test.", "http://good.test/x", true, true },
    { "good.test.", "http://a.good.test/x", false, true },
    { "a.good.test", "http://b.good.test./x", false, true },
    { "good.test.", "http://evil.test./x", false, false },
    { "good.test.", "http://evil.test/x", false, false },
    { "good.test.", "http://test./x", false, false },
    { "test.", "http://test/x", true, true },
    { "test.", "http://a.test./x", false, false },
};

START_TEST(host_rule)
{
    char body[256];

    snprintf(body, sizeof(body), "<a href='%s'>", hosts[_i].link);
    for (int lenient = 0; lenient < 2; lenient++) {
        options.lenient = lenient;
        start(hosts[_i].root);
        struct page *root = next();
        answer_html(root, body);
        bool followed = lenient ? hosts[_i].lenient : hosts[_i].strict;
        ck_assert_int_eq(root->num_urls, followed);
        ck_assert_int_eq(next() != NULL, followed);
        if (lenient == 0)
            frontier_free(&frontier);
    }
}
END_TEST

START_TEST(the_limit_of_urls)
{
    start("http://h/");
    frontier.most_urls = 3;
    struct page *root = next();
    answer_html(root, "<a href=/a><a href=/b><a href=/c><a href=/d>");
    ck_assert_int_eq(frontier.dropped, 1); // /c; /d was not looked at
    ck_assert_int_eq(root->num_urls, 2);
    struct page *a = next();
    ck_assert_next("http://h/b");
    ck_assert_ptr_null(next());
    answer_html(a, "<a href=/b><a href=/e>"); // /b is known
    ck_assert_int_eq(frontier.dropped, 2);
    ck_assert_int_eq(frontier_errors(&frontier), 2 + 1); // /b is unfinished
}
END_TEST

// A small page can bring many bytes: each link is resolved against a long base.
START_TEST(the_limit_of_bytes_of_urls)
{
    start("http://h/");
    struct page *root = next();
    frontier.most_bytes = frontier.url_bytes + strlen("http://h/12345") + 1
        + strlen("http://h/a") + 1;
    answer_html(root, "<a href=/12345><a href=/a><a href=/><a href=/b>");
    ck_assert_int_eq(frontier.dropped, 1);
    ck_assert_int_eq(root->num_urls, 3); // with the root, a known URL
    ck_assert_uint_eq(frontier.url_bytes, frontier.most_bytes);
    ck_assert_next("http://h/12345");
    ck_assert_next("http://h/a");
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(the_host_rule_holds_for_redirects)
{
    start("http://h/");
    struct page *root = next();
    redirect(root, 302, "http://evil/");
    ck_assert_ptr_null(next());
    ck_assert_str_eq(root->next_url, "http://evil/");
    ck_assert_int_eq(root->error, 0);
    ck_assert(frontier_finished(&frontier));
}
END_TEST

START_TEST(redirects_are_followed_by_hand)
{
    static const int statuses[] = { 301, 302, 303, 307, 308 };

    start("http://h/");
    struct page *page = next();
    for (int i = 0; i < 5; i++) {
        char location[16];
        snprintf(location, sizeof(location), "/%d#x", i);
        redirect(page, statuses[i], location);
        ck_assert_int_eq(page->status, statuses[i]);
        page = next();
        ck_assert_ptr_nonnull(page);
    }
    ck_assert_str_eq(page->url.text, "http://h/4");
    redirect(page, 301, "/2"); // a cycle ends
    ck_assert_ptr_null(next());
    ck_assert(frontier_finished(&frontier));
}
END_TEST

START_TEST(other_3xx_are_not_redirects)
{
    start("http://h/");
    struct page *root = next();
    redirect(root, 300, "/a");
    ck_assert_ptr_null(next());
    ck_assert_ptr_null(root->next_url);
    ck_assert_int_eq(root->status, 300);
}
END_TEST

START_TEST(a_redirect_needs_a_usable_location)
{
    static const char *const bad[] = {
        "302 x\r\nLocation: http://\r\n\r\n",
        "302 x\r\nLocation: http://[::\r\n\r\n",
        "302 x\r\nLocation: http://h:99999/\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        start("http://h/");
        struct page *root = next();
        ck_assert_int_eq(answer(root, bad[i]), 0);
        ck_assert_int_eq(root->error, ERROR_LOCATION);
        ck_assert_int_eq(root->status, 302);
        frontier_free(&frontier);
    }
    start("http://h/");
}
END_TEST

START_TEST(a_redirect_without_a_location_is_a_complete_response)
{
    start("http://h/");
    struct page *root = next();
    answer(root, "302 x\r\nContent-Type: text/plain\r\n\r\nMoo!");
    ck_assert_int_eq(root->error, 0);
    ck_assert_int_eq(root->status, 302);
    ck_assert_int_eq(root->size, 4);
    ck_assert_ptr_null(root->next_url);
    ck_assert_ptr_null(next());
}
END_TEST

// Feeds "HTTP/1.1 " text, then the end, to a response with little room for its
// body. `error` is the error of the fetch; 0: the parser's.
static int answer_badly(struct page *page, const char *text, int error)
{
    struct http_response response;

    http_response_init(&response, 64);
    http_feed(&response, "HTTP/1.1 ", strlen("HTTP/1.1 "));
    http_feed(&response, text, strlen(text));
    if (error == 0) {
        http_feed(&response, "", 0);
        error = response.error;
    }
    return frontier_done(&frontier, page, error, &response);
}

static const struct {
    const char *text;
    int error; // of the fetch; 0: the parser's
    int status; // of the row
    const char *next;
    int row_error;
    long size; // -1: not known
} bodies[] = {
    // The body of a redirect or of a missing page is not read.
    { "301 x\r\nLocation: /a\r\nContent-Encoding: gzip\r\n\r\nxx", 0, 301,
        "http://h/a", 0, 2 },
    { "301 x\r\nLocation: /a\r\nContent-Length: 65\r\n\r\n", 0, 301,
        "http://h/a", 0, -1 },
    { "301 x\r\nLocation: /a\r\nContent-Length: 9\r\n\r\nx", 0, 301,
        "http://h/a", 0, -1 },
    { "301 x\r\nLocation: /a\r\nTransfer-Encoding: gzip\r\n\r\nx", 0, 301,
        "http://h/a", 0, -1 },
    { "301 x\r\nLocation: /a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 0,
        301, "http://h/a", 0, -1 },
    { "301 x\r\nLocation: /a\r\nContent-Length: x\r\n\r\n", 0, 301,
        "http://h/a", 0, -1 },
    { "301 x\r\nLocation: /a\r\n\r\nx", -ETIMEDOUT, 301, "http://h/a", 0, -1 },
    { "301 x\r\nLocation: /a\r\n\r\nx", -ECONNRESET, 301, "http://h/a", 0,
        -1 },
    { "404 x\r\nContent-Type: text/html\r\nContent-Length: 65\r\n\r\n", 0, 404,
        NULL, 0, -1 },
    { "503 x\r\nContent-Length: 9\r\n\r\nx", 0, 503, NULL, 0, -1 },
    // The coding of a body does not matter if its links are not wanted.
    { "200 x\r\nContent-Type: application/x-tar\r\n"
      "Content-Encoding: x-gzip\r\n\r\n\x1f\x8b\x08",
        0, 200, NULL, 0, 3 },
    { "200 x\r\nContent-Encoding: gzip\r\n\r\nx", 0, 200, NULL, 0, 1 },
    { "404 x\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\nx", 0,
        404, NULL, 0, 1 },
    { "200 x\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n", 0,
        200, NULL, 0, 0 },
    // But an HTML page must be readable, and any 200 must be complete.
    { "200 x\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\nx", 0,
        200, NULL, ERROR_CONTENT_ENCODING, -1 },
    { "200 x\r\nContent-Length: 65\r\n\r\n", 0, 200, NULL,
        ERROR_BODY_TOO_LARGE, -1 },
    { "200 x\r\nTransfer-Encoding: gzip\r\n\r\nx", 0, 200, NULL,
        ERROR_TRANSFER_ENCODING, -1 },
    { "200 x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 0, 200, NULL,
        ERROR_CHUNK, -1 },
    // A head must always be complete.
    { "301 x\r\nLocation: /a\r\nA\r\n", 0, 301, NULL, ERROR_HEADER, -1 },
    { "999 x", 0, 0, NULL, ERROR_CLOSED_EARLY, -1 },
    { "999 x\r\n", -ETIMEDOUT, 999, NULL, -ETIMEDOUT, -1 },
    { "100 x\r\n\r\n", -ETIMEDOUT, 0, NULL, -ETIMEDOUT, -1 },
};

START_TEST(an_unread_body_decides_nothing)
{
    char expected[64];
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    options.max_tries = 1;
    start("http://h/");
    struct page *root = next();
    ck_assert_int_eq(answer_badly(root, bodies[_i].text, bodies[_i].error), 0);
    ck_assert_int_eq(root->error, bodies[_i].row_error);
    ck_assert_int_eq(root->status, bodies[_i].status);
    if (bodies[_i].next == NULL)
        ck_assert_ptr_null(root->next_url);
    else
        ck_assert_str_eq(root->next_url, bodies[_i].next);
    ck_assert_int_eq(next() != NULL, bodies[_i].next != NULL);
    ck_assert_int_eq(frontier_errors(&frontier) > (bodies[_i].next != NULL),
        bodies[_i].row_error != 0);
    frontier_json(&frontier, out);
    fclose(out);
    snprintf(expected, sizeof(expected), "\"status\":%d,", bodies[_i].status);
    ck_assert_ptr_nonnull(strstr(
        text, bodies[_i].status != 0 ? expected : "\"status\":null,"));
    snprintf(expected, sizeof(expected), "\"size\":%ld,", bodies[_i].size);
    ck_assert_ptr_nonnull(
        strstr(text, bodies[_i].size >= 0 ? expected : "\"size\":null,"));
}
END_TEST

// The row has the status of the last try, and the error of the last try.
START_TEST(each_try_has_its_own_status)
{
    options.max_tries = 2;
    start("http://h/");
    struct page *root = next();
    ck_assert_int_gt(
        answer_badly(root, "200 x\r\nContent-Length: 9\r\n\r\nx", 0), 0);
    ck_assert_int_eq(root->status, 200);
    ck_assert_int_eq(give_error(root, -ECONNRESET), 0);
    ck_assert_int_eq(root->status, 0);
}
END_TEST

START_TEST(redirect_limit)
{
    options.max_redirect = 1;
    start("http://h/");
    struct page *root = next();
    redirect(root, 301, "/1");
    struct page *one = next();
    redirect(one, 301, "/2");
    ck_assert_ptr_null(next());
    ck_assert_str_eq(one->next_url, "http://h/2");
    ck_assert_int_eq(one->status, 301);
    ck_assert_int_eq(one->error, 0);
}
END_TEST

// Does the set of fetched pages depend on the order in which the pages arrive?
// A redirect over the limit must be followed once a link leads to its page.
START_TEST(the_redirect_limit_does_not_depend_on_the_order)
{
    options.max_redirect = 2;
    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=chain><a href=page>");
    struct page *chain = next();
    struct page *page = next();
    redirect(chain, 301, "/1");
    struct page *one = next();
    redirect(one, 301, "/2");
    struct page *two = next();
    redirect(two, 301, "/3");
    ck_assert_ptr_null(next()); // the chain is too long
    answer_html(page, "<a href=2>"); // but /2 is also linked
    ck_assert_next("http://h/3");
}
END_TEST

START_TEST(joining_redirects_fetch_the_target_once)
{
    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=a><a href=b>");
    struct page *a = next();
    struct page *b = next();
    redirect(a, 302, "/t");
    redirect(b, 302, "/t");
    ck_assert_next("http://h/t");
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(retries_transient_errors)
{
    start("http://h/");
    struct page *root = next();
    ck_assert_int_eq(give_error(root, -ECONNRESET), 100);
    ck_assert_int_eq(give_error(root, -ETIMEDOUT), 200);
    ck_assert_int_eq(give_error(root, ERROR_CLOSED_EARLY), 400);
    ck_assert_int_eq(root->tries, 3);
    ck_assert(!frontier_finished(&frontier));
    ck_assert_int_eq(answer_html(root, ""), 0);
    ck_assert_int_eq(root->tries, 4);
    ck_assert_int_eq(root->error, 0);
    ck_assert_int_eq(frontier_errors(&frontier), 0);
    ck_assert(frontier_finished(&frontier));
}
END_TEST

START_TEST(gives_up_after_max_tries)
{
    options.max_tries = 2;
    start("http://h/");
    struct page *root = next();
    ck_assert_int_gt(give_error(root, -ECONNREFUSED), 0);
    ck_assert_int_eq(give_error(root, -ECONNREFUSED), 0);
    ck_assert_int_eq(root->error, -ECONNREFUSED);
    ck_assert_int_eq(frontier_errors(&frontier), 1);
}
END_TEST

START_TEST(violations_are_not_retried)
{
    static const int errors[] = { ERROR_CHUNK, ERROR_STATUS_LINE,
        ERROR_BODY_TOO_LARGE, ERROR_HEADERS_TOO_LARGE, ERROR_NO_SUCH_HOST };

    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        start("http://h/");
        ck_assert_int_eq(give_error(next(), errors[i]), 0);
        frontier_free(&frontier);
    }
    start("http://h/");
}
END_TEST

START_TEST(after_ctrl_c_nothing_starts)
{
    ck_assert_int_eq(interrupt_init(), 0);
    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=a><a href=b>");
    struct page *a = next();
    raise(SIGINT);
    ck_assert_ptr_null(next());
    ck_assert(frontier_finished(&frontier));
    ck_assert_int_eq(give_error(a, -ECONNRESET), 0);
    interrupt_free();
}
END_TEST

START_TEST(max_pages)
{
    options.max_pages = 2;
    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=a><a href=b><a href=c>");
    struct page *a = next();
    ck_assert_ptr_null(next());
    ck_assert(!frontier_finished(&frontier));
    answer_html(a, "");
    ck_assert(frontier_finished(&frontier));
}
END_TEST

START_TEST(exclude)
{
    options.exclude = "/private/|[?]";
    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=/private/a><a href='/b?c'><a href=/d>");
    ck_assert_int_eq(root->num_urls, 1);
    struct page *d = next();
    redirect(d, 301, "/private/x");
    ck_assert_ptr_null(next());
    ck_assert_int_eq(frontier.excluded, 3);
}
END_TEST

START_TEST(exclude_must_be_a_regex)
{
    char reason[64];

    options.exclude = "(";
    ck_assert_int_eq(frontier_init(&frontier, &options), -EINVAL);
    frontier_exclude_error(&options, reason, sizeof(reason));
    ck_assert_uint_gt(strlen(reason), 0);
}
END_TEST

START_TEST(links_only_where_they_belong)
{
    static const struct {
        const char *head;
        int links; // -1: the page is not searched
    } types[] = {
        { "200 OK\r\nContent-Type: text/html; charset=x\r\n\r\n", 1 },
        { "200 OK\r\nContent-Type: TEXT/HTML\r\n\r\n", 1 },
        { "200 OK\r\nContent-Type: application/xml\r\n\r\n", 1 },
        { "200 OK\r\nContent-Type: application/xhtml+xml\r\n\r\n", 1 },
        { "200 OK\r\nContent-Type: image/png\r\n\r\n", -1 },
        { "200 OK\r\nContent-Type: text/plain\r\n\r\n", -1 },
        { "200 OK\r\n\r\n", -1 },
        { "404 No\r\nContent-Type: text/html\r\n\r\n", -1 },
        { "203 Ok\r\nContent-Type: text/html\r\n\r\n", -1 },
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s<a href=/x>", types[i].head);
        start("http://h/");
        struct page *root = next();
        answer(root, text);
        ck_assert_int_eq(root->num_urls, types[i].links);
        frontier_free(&frontier);
    }
    start("http://h/");
}
END_TEST

START_TEST(charset)
{
    static const struct {
        const char *type;
        const char *encoding;
    } types[] = {
        { "text/html", "utf-8" },
        { "text/html; charset=ISO-8859-1", "ISO-8859-1" },
        { "text/html; charset=\"koi8-r\"", "koi8-r" },
        { "application/xml", "utf-8" },
        { "text/plain", "utf-8" },
        { "image/png", NULL },
        { "image/png; charset=odd", "odd" },
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        char text[256];
        snprintf(text, sizeof(text), "200 OK\r\nContent-Type: %s\r\n\r\n",
            types[i].type);
        start("http://h/");
        struct page *root = next();
        answer(root, text);
        if (types[i].encoding == NULL)
            ck_assert_ptr_null(root->encoding);
        else
            ck_assert_str_eq(root->encoding, types[i].encoding);
        frontier_free(&frontier);
    }
    start("http://h/");
}
END_TEST

START_TEST(roots)
{
    ck_assert_int_eq(frontier_init(&frontier, &options), 0);
    ck_assert_int_eq(
        frontier_add_root(&frontier, "https://h/"), -EPROTONOSUPPORT);
    ck_assert_int_eq(
        frontier_add_root(&frontier, "mailto:me@h"), -EPROTONOSUPPORT);
    ck_assert_int_eq(frontier_add_root(&frontier, ""), -EINVAL);
    ck_assert_int_eq(frontier_add_root(&frontier, "http://"), -EINVAL);
    ck_assert_int_eq(frontier_add_root(&frontier, "h:80/a/../b#c"), 0);
    ck_assert_int_eq(frontier_add_root(&frontier, "http://h/b"), 0);
    ck_assert_int_eq(frontier_add_root(&frontier, "localhost"), 0);
    ck_assert_next("http://h/b");
    ck_assert_next("http://localhost/");
    ck_assert_ptr_null(next());
}
END_TEST

// Three pages and an error, printed into memory.
static char *printed(void (*print)(FILE *out))
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof(text), "w");

    print(out);
    fclose(out);
    return text;
}

// One page of each kind.
static void fetch_all_kinds(void)
{
    start("http://h/");
    answer_html(next(),
        "<a href=c><a href=b><a href=a><a href=//x/><a href=d><a href=e>");
    redirect(next(), 301, "/a");
    answer(next(), "200 OK\r\nContent-Type: image/png;\x1b[31m\xff\r\n\r\nXY");
    answer_badly(next(),
        "200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 0);
    answer_badly(next(),
        "404 No\r\nContent-Type: text/html\r\nContent-Length: 65\r\n\r\n", 0);
    give_error(next(), ERROR_STATUS_LINE);
}

static void print_text(FILE *out)
{
    frontier_print(&frontier, out, 1.5, 3);
}

static void print_json(FILE *out)
{
    frontier_json(&frontier, out);
}

START_TEST(report)
{
    fetch_all_kinds();
    ck_assert_str_eq(printed(print_text),
        "http://h/ 200 text/html utf-8 63 bytes 5 links\n"
        "http://h/a 200 error malformed chunk (1 try) linked from http://h/\n"
        "http://h/b 200 image/png 2 bytes\n"
        "http://h/c 301 redirect http://h/a\n"
        "http://h/d 404 text/html linked from http://h/\n"
        "http://h/e error malformed status line (1 try) linked from http://h/\n"
        "Finished 6 urls in 1.500 secs (max_tasks=10, max_in_flight=3)\n"
        "        65 bytes\n"
        "         0 dropped\n"
        "         1 error_malformed_chunk\n"
        "         1 error_malformed_status_line\n"
        "         2 errors\n"
        "         1 html\n"
        "         0 left\n"
        "         2 other\n"
        "         1 redirects\n"
        "         0 retries\n"
        "         0 skipped_excluded\n"
        "         0 skipped_not_http\n"
        "         1 skipped_off_host\n"
        "         3 status_200\n"
        "         1 status_301\n"
        "         1 status_404\n"
        "         6 urls\n");
}
END_TEST

START_TEST(report_as_json)
{
    fetch_all_kinds();
    ck_assert_str_eq(printed(print_json),
        "\"urls\":[\n"
        "{\"url\":\"http://h/\",\"status\":200,\"next_url\":null,"
        "\"error\":null,\"tries\":1,\"size\":63,"
        "\"content_type\":\"text/html\",\"encoding\":\"utf-8\","
        "\"num_urls\":5,\"num_new_urls\":5,"
        "\"linked_from\":null},\n"
        "{\"url\":\"http://h/a\",\"status\":200,\"next_url\":null,"
        "\"error\":\"malformed chunk\",\"tries\":1,\"size\":null,"
        "\"content_type\":null,\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null,"
        "\"linked_from\":\"http://h/\"},\n"
        "{\"url\":\"http://h/b\",\"status\":200,\"next_url\":null,"
        "\"error\":null,\"tries\":1,\"size\":2,"
        "\"content_type\":\"image/png\",\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null,"
        "\"linked_from\":\"http://h/\"},\n"
        "{\"url\":\"http://h/c\",\"status\":301,"
        "\"next_url\":\"http://h/a\","
        "\"error\":null,\"tries\":1,\"size\":0,"
        "\"content_type\":null,\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null,"
        "\"linked_from\":\"http://h/\"},\n"
        "{\"url\":\"http://h/d\",\"status\":404,\"next_url\":null,"
        "\"error\":null,\"tries\":1,\"size\":null,"
        "\"content_type\":\"text/html\",\"encoding\":\"utf-8\","
        "\"num_urls\":null,\"num_new_urls\":null,"
        "\"linked_from\":\"http://h/\"},\n"
        "{\"url\":\"http://h/e\",\"status\":null,\"next_url\":null,"
        "\"error\":\"malformed status line\",\"tries\":1,\"size\":null,"
        "\"content_type\":null,\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null,"
        "\"linked_from\":\"http://h/\"}],\n"
        "\"counters\":{\"bytes\":65,\"dropped\":0,"
        "\"error_malformed_chunk\":1,\"error_malformed_status_line\":1,"
        "\"errors\":2,\"html\":1,\"left\":0,"
        "\"other\":2,\"redirects\":1,\"retries\":0,\"skipped_excluded\":0,"
        "\"skipped_not_http\":0,\"skipped_off_host\":1,\"status_200\":3,"
        "\"status_301\":1,\"status_404\":1,\"urls\":6}");
}
END_TEST

START_TEST(report_of_broken_pages)
{
    options.broken = true;
    fetch_all_kinds();
    char *text = printed(print_text);

    ck_assert_ptr_nonnull(strstr(text, "Finished 6 urls"));
    *strstr(text, "Finished") = '\0';
    ck_assert_str_eq(text,
        "http://h/a 200 error malformed chunk (1 try) linked from http://h/\n"
        "http://h/d 404 text/html linked from http://h/\n"
        "http://h/e error malformed status line (1 try) linked from "
        "http://h/\n");
}
END_TEST

// The page in "linked from" must not depend on the order of the fetches. A
// page's link to itself does not count.
START_TEST(linked_from_the_first_in_url_order)
{
    start("http://h/");
    answer_html(next(), "<a href=c><a href=b><a href=r>");
    struct page *c = next();
    struct page *b = next();
    struct page *r = next();
    answer_html(c, "<a href=missing><a href=c>");
    ck_assert_str_eq(c->linked_from->url.text, "http://h/");
    struct page *missing = next();
    ck_assert_str_eq(missing->linked_from->url.text, "http://h/c");
    redirect(r, 301, "/missing");
    ck_assert_str_eq(missing->linked_from->url.text, "http://h/c");
    answer_html(b, "<a href=missing>");
    ck_assert_str_eq(missing->linked_from->url.text, "http://h/b");
}
END_TEST

START_TEST(reached_limits_are_reported)
{
    options.max_redirect = 0;
    options.max_pages = 2;
    start("http://h/");
    answer_html(next(), "<a href=a><a href=b><a href=c>");
    redirect(next(), 301, "/d");
    const char *text = printed(print_text);
    ck_assert_ptr_nonnull(strstr(text,
        "http://h/a 301 redirect http://h/d (not followed: --max-redirect)\n"));
    ck_assert_ptr_nonnull(strstr(text,
        "max_in_flight=3)\nNot fetched: 2 urls that were found\n"));
    ck_assert_ptr_nonnull(strstr(text, "         2 left\n"));
}
END_TEST

START_TEST(pauses_grow_up_to_a_limit)
{
    static const int pauses[] = { 100, 200, 400, 800, 1600, 3200, 6400, 6400,
        6400, 6400, 6400, 0 };

    options.max_tries = 12;
    start("http://h/");
    struct page *root = next();
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(give_error(root, -ECONNRESET), pauses[i]);
    ck_assert_int_eq(root->tries, 12);
}
END_TEST

// Another address of the host may work, and a refusal took no time.
START_TEST(a_refused_address_costs_no_back_off)
{
    static const int errors[] = { -ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH,
        -EADDRNOTAVAIL, -EAFNOSUPPORT };

    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        start("http://h/");
        struct page *root = next();
        ck_assert_int_eq(give_error(root, errors[i]), FRONTIER_AT_ONCE_MS);
        ck_assert_int_eq(give_error(root, errors[i]), 200);
        ck_assert_int_eq(give_error(root, errors[i]), 400);
        frontier_free(&frontier);
    }
    start("http://h/");
    struct page *root = next();
    ck_assert_int_eq(give_error(root, -ECONNRESET), 100);
    ck_assert_int_eq(give_error(root, -ECONNREFUSED), 200);
}
END_TEST

// /a was handed out but not fetched, /c was queued but never handed out.
START_TEST(untried_pages_are_not_reported)
{
    char text[4096];
    FILE *out = fmemopen(text, sizeof(text), "w");

    start("http://h/");
    answer_html(next(), "<a href=a><a href=b><a href=c>");
    ck_assert_next("http://h/a");
    give_error(next(), ERROR_CHUNK);
    print_text(out);
    print_json(out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "http://h/ 200"));
    ck_assert_ptr_nonnull(strstr(text, "http://h/b error"));
    ck_assert_ptr_nonnull(strstr(text, "Finished 2 urls"));
    ck_assert_ptr_nonnull(strstr(text, "{\"url\":\"http://h/\","));
    ck_assert_ptr_nonnull(strstr(text, "{\"url\":\"http://h/b\","));
    ck_assert_ptr_nonnull(strstr(text, "\"urls\":2}"));
    ck_assert_ptr_null(strstr(text, "http://h/a"));
    ck_assert_ptr_null(strstr(text, "http://h/c"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frontier");
    TCase *tests = tcase_create("frontier");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, each_url_once);
    tcase_add_test(tests, ends_when_nothing_is_out);
    tcase_add_test(tests, a_page_that_is_never_finished_is_an_error);
    tcase_add_test(tests, many_urls);
    tcase_add_loop_test(
        tests, host_rule, 0, (int)(sizeof(hosts) / sizeof(*hosts)));
    tcase_add_test(tests, the_limit_of_urls);
    tcase_add_test(tests, the_limit_of_bytes_of_urls);
    tcase_add_test(tests, the_host_rule_holds_for_redirects);
    tcase_add_test(tests, redirects_are_followed_by_hand);
    tcase_add_test(tests, other_3xx_are_not_redirects);
    tcase_add_test(tests, a_redirect_needs_a_usable_location);
    tcase_add_test(
        tests, a_redirect_without_a_location_is_a_complete_response);
    tcase_add_loop_test(tests, an_unread_body_decides_nothing, 0,
        (int)(sizeof(bodies) / sizeof(*bodies)));
    tcase_add_test(tests, each_try_has_its_own_status);
    tcase_add_test(tests, redirect_limit);
    tcase_add_test(tests, the_redirect_limit_does_not_depend_on_the_order);
    tcase_add_test(tests, joining_redirects_fetch_the_target_once);
    tcase_add_test(tests, retries_transient_errors);
    tcase_add_test(tests, gives_up_after_max_tries);
    tcase_add_test(tests, violations_are_not_retried);
    tcase_add_test(tests, after_ctrl_c_nothing_starts);
    tcase_add_test(tests, max_pages);
    tcase_add_test(tests, exclude);
    tcase_add_test(tests, exclude_must_be_a_regex);
    tcase_add_test(tests, links_only_where_they_belong);
    tcase_add_test(tests, charset);
    tcase_add_test(tests, roots);
    tcase_add_test(tests, report);
    tcase_add_test(tests, report_as_json);
    tcase_add_test(tests, report_of_broken_pages);
    tcase_add_test(tests, linked_from_the_first_in_url_order);
    tcase_add_test(tests, reached_limits_are_reported);
    tcase_add_test(tests, pauses_grow_up_to_a_limit);
    tcase_add_test(tests, a_refused_address_costs_no_back_off);
    tcase_add_test(tests, untried_pages_are_not_reported);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
