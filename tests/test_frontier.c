// test_frontier.c - the crawl's policy, without a network: responses are
// written here, byte by byte as a server would send them.

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

// The next page is this one.
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
    ck_assert(!frontier_finished(&frontier)); // more may come
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

// When the loop breaks down there is a page that nobody brings back.
START_TEST(what_is_never_finished_is_an_error)
{
    start("http://h/");
    struct page *root = next();
    ck_assert_int_eq(frontier_errors(&frontier), 1);
    answer_html(root, "<a href=a>");
    ck_assert_int_eq(frontier_errors(&frontier), 1); // one left in the queue
    struct page *a = next();
    ck_assert_int_eq(frontier_errors(&frontier), 1);
    answer_html(a, "");
    ck_assert_int_eq(frontier_errors(&frontier), 0);
    frontier.dropped = 1; // no memory
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
    // A dot at the end says that the name is complete: the same host.
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

START_TEST(so_many_urls_and_no_more)
{
    start("http://h/");
    frontier.most_urls = 3;
    struct page *root = next();
    answer_html(root, "<a href=/a><a href=/b><a href=/c><a href=/d>");
    ck_assert_int_eq(frontier.dropped, 1); // nobody looked at /d
    ck_assert_int_eq(root->num_urls, 2);
    struct page *a = next();
    ck_assert_next("http://h/b");
    ck_assert_ptr_null(next());
    answer_html(a, "<a href=/b><a href=/e>"); // the first is known
    ck_assert_int_eq(frontier.dropped, 2);
    ck_assert_int_eq(frontier_errors(&frontier), 2 + 1); // and /b is out
}
END_TEST

// A small page can bring long URLs: each link is as long as its base.
START_TEST(so_many_bytes_of_urls_and_no_more)
{
    start("http://h/");
    struct page *root = next();
    frontier.most_bytes = frontier.url_bytes + strlen("http://h/12345") + 1
        + strlen("http://h/a") + 1;
    answer_html(root, "<a href=/12345><a href=/a><a href=/><a href=/b>");
    ck_assert_int_eq(frontier.dropped, 1);
    ck_assert_int_eq(root->num_urls, 3); // with the root, which is known
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
        "302 x\r\n\r\n",
        "302 x\r\nLocation: http://\r\n\r\n",
        "302 x\r\nLocation: http://[::\r\n\r\n",
        "302 x\r\nLocation: http://h:99999/\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        start("http://h/");
        struct page *root = next();
        ck_assert_int_eq(answer(root, bad[i]), 0);
        ck_assert_int_eq(root->error, ERROR_LOCATION);
        frontier_free(&frontier);
    }
    start("http://h/");
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

// What is fetched must not depend on the order in which pages arrive: a page
// first reached at the end of a chain, then by a link, redirects after all.
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

START_TEST(retries_what_may_work)
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
        int links; // -1: not looked for
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

    start("http://h/");
    struct page *root = next();
    answer_html(root, "<a href=c><a href=b><a href=a><a href=//x/>");
    redirect(next(), 301, "/a");
    answer(next(), "200 OK\r\nContent-Type: image/png;\x1b[31m\xff\r\n\r\nXY");
    give_error(next(), ERROR_CHUNK);
    print(out);
    fclose(out);
    return text;
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
    ck_assert_str_eq(printed(print_text),
        "http://h/ 200 text/html utf-8 43 bytes 3 links\n"
        "http://h/a error malformed chunk (1 try)\n"
        "http://h/b 200 image/png 2 bytes\n"
        "http://h/c 301 redirect http://h/a\n"
        "Finished 4 urls in 1.500 secs (max_tasks=10, max_in_flight=3)\n"
        "        45 bytes\n"
        "         0 dropped\n"
        "         1 errors\n"
        "         1 html\n"
        "         1 other\n"
        "         1 redirects\n"
        "         0 retries\n"
        "         0 skipped_excluded\n"
        "         0 skipped_not_http\n"
        "         1 skipped_off_host\n"
        "         2 status_200\n"
        "         1 status_301\n"
        "         4 urls\n");
}
END_TEST

START_TEST(report_as_json)
{
    ck_assert_str_eq(printed(print_json),
        "\"urls\":[\n"
        "{\"url\":\"http://h/\",\"status\":200,\"next_url\":null,"
        "\"error\":null,\"tries\":1,\"size\":43,"
        "\"content_type\":\"text/html\",\"encoding\":\"utf-8\","
        "\"num_urls\":3,\"num_new_urls\":3},\n"
        "{\"url\":\"http://h/a\",\"status\":null,\"next_url\":null,"
        "\"error\":\"malformed chunk\",\"tries\":1,\"size\":null,"
        "\"content_type\":null,\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null},\n"
        "{\"url\":\"http://h/b\",\"status\":200,\"next_url\":null,"
        "\"error\":null,\"tries\":1,\"size\":2,"
        "\"content_type\":\"image/png\",\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null},\n"
        "{\"url\":\"http://h/c\",\"status\":301,"
        "\"next_url\":\"http://h/a\","
        "\"error\":null,\"tries\":1,\"size\":0,"
        "\"content_type\":null,\"encoding\":null,"
        "\"num_urls\":null,\"num_new_urls\":null}],\n"
        "\"counters\":{\"bytes\":45,\"dropped\":0,\"errors\":1,\"html\":1,"
        "\"other\":1,\"redirects\":1,\"retries\":0,\"skipped_excluded\":0,"
        "\"skipped_not_http\":0,\"skipped_off_host\":1,\"status_200\":2,"
        "\"status_301\":1,\"urls\":4}");
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
        ck_assert_int_eq(give_error(root, -ECONNREFUSED), pauses[i]);
    ck_assert_int_eq(root->tries, 12);
}
END_TEST

// Handed out, but nobody came back with it; queued, but never handed out.
START_TEST(what_was_not_tried_is_not_reported)
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
    tcase_add_test(tests, what_is_never_finished_is_an_error);
    tcase_add_test(tests, many_urls);
    tcase_add_loop_test(
        tests, host_rule, 0, (int)(sizeof(hosts) / sizeof(*hosts)));
    tcase_add_test(tests, so_many_urls_and_no_more);
    tcase_add_test(tests, so_many_bytes_of_urls_and_no_more);
    tcase_add_test(tests, the_host_rule_holds_for_redirects);
    tcase_add_test(tests, redirects_are_followed_by_hand);
    tcase_add_test(tests, other_3xx_are_not_redirects);
    tcase_add_test(tests, a_redirect_needs_a_usable_location);
    tcase_add_test(tests, redirect_limit);
    tcase_add_test(tests, the_redirect_limit_does_not_depend_on_the_order);
    tcase_add_test(tests, joining_redirects_fetch_the_target_once);
    tcase_add_test(tests, retries_what_may_work);
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
    tcase_add_test(tests, pauses_grow_up_to_a_limit);
    tcase_add_test(tests, what_was_not_tried_is_not_reported);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
