// test_site.c - every page of the site as listed in expected/site.txt, and odd
// targets; without a network.

#include "http.h"
#include "random.h"
#include "site.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct reply reply;
static struct http_response response;

static void set_up(void)
{
    reply = (struct reply){ .bytes = NULL };
    http_response_init(&response, HTTP_MAX_BODY);
}

static void tear_down(void)
{
    reply_free(&reply);
    http_response_free(&response);
}

// Gets the answer for `target` and parses it as a client would.
static void get(const char *target, const char *host)
{
    http_response_free(&response);
    http_response_init(&response, HTTP_MAX_BODY);
    reply_clear(&reply);
    site_reply(&reply, target, host);
    ck_assert_msg(!reply.failed, "%s", target);
    ck_assert_uint_gt(reply.stop, reply.start);
    enum http_verdict verdict = http_feed(
        &response, reply.bytes + reply.start, reply.stop - reply.start);
    if (verdict == HTTP_MORE)
        verdict = http_feed(&response, "", 0);
    ck_assert_msg(verdict == HTTP_DONE, "%s", target);
    ck_assert_int_eq(response.status, reply.status);
}

static const char *header(const char *name)
{
    static char copy[512];
    struct slice value = http_header(&response, name);

    if (value.at == NULL)
        return "-";
    snprintf(copy, sizeof(copy), "%.*s", (int)value.len, value.at);
    return copy;
}

static const char *const hosts[] = { "h", "127.0.0.1:8888",
    "0123456789012345678901234567890123456789" };

START_TEST(every_page_as_listed)
{
    FILE *list = fopen("tests/expected/site.txt", "r");
    char line[1024];
    int pages = 0;

    ck_assert_ptr_nonnull(list);
    while (fgets(line, sizeof(line), list) != NULL) {
        char path[256];
        char type[64];
        char charset[64];
        char next[256];
        int status;
        size_t size;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%255s %d %63s %63s %255s %zu", path,
                             &status, type, charset, next, &size),
            6);
        for (int i = 0; i < 3; i++) {
            get(path, hosts[i]);
            ck_assert_msg(response.status == status, "%s: status %d", path,
                response.status);
            ck_assert_msg(response.body_len == size, "%s: %zu bytes", path,
                response.body_len);
            ck_assert_msg(
                strncmp(header("Content-Type"), type, strlen(type)) == 0,
                "%s: %s", path, header("Content-Type"));
            ck_assert_msg((status / 100 == 3) == (strcmp(next, "-") != 0)
                    && (status / 100 == 3)
                        == (strcmp(header("Location"), "-") != 0),
                "%s: %s", path, header("Location"));
        }
        ck_assert_int_eq(site_delay(path) == 20 || site_delay(path) == 150, 1);
        ck_assert(!site_failures(path));
        pages++;
    }
    fclose(list);
    ck_assert_int_eq(pages, 104);
}
END_TEST

START_TEST(a_host_of_any_length)
{
    char host[256];

    memset(host, 'h', 255);
    host[255] = '\0';
    get("/site/moved/3", host);
    ck_assert_int_eq(response.status, 303);
    ck_assert_uint_eq(strlen(header("Location")),
        strlen("http://") + 255 + strlen("/site/moved/4"));
    get("/site/odds/shapes.html", host);
    ck_assert_int_eq(response.status, 200);
    ck_assert_ptr_nonnull(strstr(response.body, host));
    get("/site/odds/shapes.html", "");
    ck_assert_int_eq(response.status, 200);
}
END_TEST

static const char *const malformed[] = {
    "/site/no/such/page",
    "/site//",
    "/site/animals",
    "/site/animals/cow.html?",
    "/site/animals/cow.html/",
    "/site/ANIMALS/",
    "/site/trap/title.html",
    "/site/n",
    "/site/n5",
    "/site/n/",
    "/site/n0/",
    "/site/n-5/",
    "/site/n+5/",
    "/site/n 5/",
    "/site/n5x/",
    "/site/n5,/",
    "/site/n5,,k1/",
    "/site/n5,k/",
    "/site/n5,z1/",
    "/site/n5,k1",
    "/site/k1,n5/",
    "/site/n1000001/",
    "/site/n99999999999999999999999999/",
    "/site/n5,k1001/",
    "/site/n5,d600001/",
    "/site/n5,b16000001/",
    "/site/n5,f1001/",
    "/site/n5/5",
    "/site/n5/-1",
    "/site/n5/x",
    "/site/n5/1/",
    "/site/n5/1?",
    "/site/n5/99999999999999999999",
    "/site/n5\xb2/",
};

START_TEST(malformed_targets_are_not_found)
{
    get(malformed[_i], "h");
    ck_assert_int_eq(response.status, 404);
    ck_assert(!site_failures(malformed[_i]));
    ck_assert_int_ge(site_delay(malformed[_i]), 0);
}
END_TEST

static int count_links(void)
{
    int links = 0;

    for (const char *at = response.body; (at = strstr(at, "<a ")) != NULL; at++)
        links++;
    return links;
}

START_TEST(generated_pages)
{
    static const struct {
        const char *target;
        int links; // the root's included
        int delay;
    } pages[] = {
        { "/site/n1/", 1, 0 },
        { "/site/n1/0", 1, 0 },
        { "/site/n5/", 5, 0 },
        { "/site/n1000/", 11, 0 },
        { "/site/n1000,k3/", 4, 0 },
        { "/site/n1000,k3/999", 4, 0 },
        { "/site/n1000,k0/7", 1, 0 },
        { "/site/n2,k1000/1", 2, 0 },
        { "/site/n1000000,k1000,d600000,f1000/999999", 1001, 600000 },
        { "/site/n10,d7,k2/0", 3, 7 },
    };

    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        get(pages[i].target, "h");
        ck_assert_int_eq(response.status, 200);
        ck_assert_int_eq(count_links(), pages[i].links);
        ck_assert_int_eq(site_delay(pages[i].target), pages[i].delay);
    }
}
END_TEST

START_TEST(filling)
{
    get("/site/n10,k0,b4000/3", "h");
    ck_assert_uint_eq(response.body_len, 4000);
    get("/site/n10,b16000000/", "h");
    ck_assert_uint_eq(response.body_len, 16000000);
    get("/site/n10,b1/", "h"); // a page that is longer is not cut
    ck_assert_int_eq(count_links(), 10);
}
END_TEST

START_TEST(the_same_every_time)
{
    get("/site/n1000,k10/777", "h");
    char *first = strdup(response.body);
    get("/site/n1000,k10/777", "other");
    ck_assert_str_eq(response.body, first);
    free(first);
}
END_TEST

// Can every page be reached by the links of page 0, of its children, and so on?
START_TEST(a_tree)
{
    enum { PAGES = 500 };
    static int queue[PAGES];
    static bool seen[PAGES];
    int n = 1;

    seen[0] = true;
    for (int i = 0; i < n; i++) {
        char target[64];
        snprintf(target, sizeof(target), "/site/n500,k3/%d", queue[i]);
        get(target, "h");
        const char *at = response.body;
        while ((at = strstr(at, "<a href=\"")) != NULL) {
            at += strlen("<a href=\"");
            if (*at == '.')
                continue;
            int page = atoi(at);
            ck_assert_int_gt(page, 0);
            ck_assert_int_lt(page, PAGES);
            if (!seen[page]) {
                seen[page] = true;
                queue[n++] = page;
            }
        }
    }
    ck_assert_int_eq(n, PAGES);
}
END_TEST

START_TEST(about_the_requested_number_fails)
{
    static const struct {
        const char *site;
        int least;
        int most;
    } sites[] = {
        { "n10000", 0, 0 },
        { "n10000,f0", 0, 0 },
        { "n10000,f100", 900, 1100 },
        { "n10000,f1000", 10000, 10000 },
    };

    for (int i = 0; i < 4; i++) {
        int failing = 0;
        for (int page = 0; page < 10000; page++) {
            char target[64];
            snprintf(
                target, sizeof(target), "/site/%s/%d", sites[i].site, page);
            failing += site_failures(target);
        }
        ck_assert_int_ge(failing, sites[i].least);
        ck_assert_int_le(failing, sites[i].most);
    }
}
END_TEST

static uint32_t seed = 1;

START_TEST(random_targets)
{
    // The bytes of valid targets; others are mixed in.
    static const char letters[] = "nkdbf0123456789,,,//?.-%$";

    for (int i = 0; i < 20000; i++) {
        char target[80] = "/site/";
        size_t n = random_below(&seed, 40);
        size_t at = strlen(target);
        if (random_below(&seed, 2) == 0)
            at += (size_t)snprintf(
                target + at, 20, "n%u", random_below(&seed, 100));
        for (; n > 0; n--)
            target[at++] = random_below(&seed, 8) > 0
                ? letters[random_below(&seed, sizeof(letters) - 1)]
                : (char)(1 + random_below(&seed, 255));
        target[at] = '\0';
        if (strstr(target, "b") != NULL && random_below(&seed, 50) > 0)
            continue; // pages of up to 16 MB take long
        get(target, "h");
        ck_assert(response.status == 200 || response.status == 404
            || response.status / 100 == 3);
        ck_assert_int_ge(site_delay(target), 0);
        site_failures(target);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("site");
    TCase *tests = tcase_create("site");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_page_as_listed);
    tcase_add_test(tests, a_host_of_any_length);
    tcase_add_loop_test(tests, malformed_targets_are_not_found, 0,
        (int)(sizeof(malformed) / sizeof(*malformed)));
    tcase_add_test(tests, generated_pages);
    tcase_add_test(tests, filling);
    tcase_add_test(tests, the_same_every_time);
    tcase_add_test(tests, a_tree);
    tcase_add_test(tests, about_the_requested_number_fails);
    tcase_add_test(tests, random_targets);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
