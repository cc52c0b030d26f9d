// test_url.c - URLs: RFC 3986's own examples, hosts, limits, hostile bytes.
//
// Every input is passed in a block of exactly its size, so that
// AddressSanitizer and valgrind notice a read past the end.

#include "must.h"
#include "random.h"
#include "suite.h"
#include "url.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// --- Helpers -----------------------------------------------------------------

static char *copy_exact(const char *text, size_t n)
{
    char *copy = malloc(n > 0 ? n : 1);

    must(copy != NULL);
    if (n > 0)
        memcpy(copy, text, n);
    return copy;
}

static int parse(struct url *url, const char *text, size_t n)
{
    char *copy = copy_exact(text, n);
    int error = url_parse(url, copy, n);

    free(copy);
    return error;
}

static int resolve(
    struct url *url, const struct url *base, const char *text, size_t n)
{
    char *copy = copy_exact(text, n);
    int error = url_resolve(url, base, copy, n);

    free(copy);
    return error;
}

static bool is_printable(const char *text)
{
    while (*text > ' ' && *text < 0x7f && strchr("\"<>\\^`{|}#", *text) == NULL)
        text++;
    return *text == '\0';
}

static bool is_equal(const struct url *a, const struct url *b)
{
    return strcmp(a->text, b->text) == 0 && a->scheme == b->scheme
           && a->port == b->port && slice_equal(a->host, b->host)
           && slice_equal(a->path, b->path)
           && slice_equal(a->target, b->target);
}

static bool is_in_order(const struct url *url)
{
    const char *end = url->text + strlen(url->text);

    if (url->scheme == URL_OTHER)
        return url->host.at == NULL && url->path.at == NULL
               && url->target.at == NULL && url->port == 0;
    return url->host.at > url->text && url->host.len > 0
           && url->host.at + url->host.len <= url->path.at
           && url->path.at == url->target.at && *url->path.at == '/'
           && url->path.len > 0 && url->path.len <= url->target.len
           && url->target.at + url->target.len == end && url->port > 0;
}

// Checks the properties of every URL, above all that its text is canonical.
// (Few asserts, because Check does I/O for each, and calls are frequent.)
static void check_url(const struct url *url)
{
    struct url again;
    size_t len = strlen(url->text);

    ck_assert_msg(len <= URL_MAX && is_printable(url->text) && is_in_order(url),
        "%s", url->text);
    int error = parse(&again, url->text, len);
    ck_assert_msg(error == 0 && is_equal(&again, url), "%s became %s (%d)",
        url->text, error == 0 ? again.text : "nothing", error);
    url_free(&again);
}

static void check_failed(const struct url *url, int error, int wanted)
{
    ck_assert_int_eq(error, wanted);
    ck_assert_ptr_null(url->text);
    ck_assert_ptr_null(url->host.at);
}

struct example {
    const char *input;
    const char *wanted; // NULL: -EINVAL
};

static void check_parse(const struct example *example)
{
    struct url url;
    int error = parse(&url, example->input, strlen(example->input));

    if (example->wanted == NULL) {
        ck_assert_msg(error == -EINVAL, "%s: %d", example->input, error);
        check_failed(&url, error, -EINVAL);
        return;
    }
    ck_assert_msg(error == 0, "%s: %d", example->input, error);
    ck_assert_str_eq(url.text, example->wanted);
    check_url(&url);
    url_free(&url);
    ck_assert_ptr_null(url.text);
}

static void check_resolve(const char *base_text, const struct example *example)
{
    struct url base;
    struct url url;

    ck_assert_int_eq(parse(&base, base_text, strlen(base_text)), 0);
    int error = resolve(&url, &base, example->input, strlen(example->input));
    if (example->wanted == NULL) {
        check_failed(&url, error, -EINVAL);
    } else {
        ck_assert_msg(error == 0, "%s: %d", example->input, error);
        ck_assert_str_eq(url.text, example->wanted);
        check_url(&url);
        url_free(&url);
    }
    ck_assert_int_eq(strncmp(base.text, base_text, strlen(base.text)), 0);
    url_free(&base);
}

// --- Resolution --------------------------------------------------------------

// RFC 3986 section 5.4, without the fragments. The base is
// "http://a/b/c/d;p?q".
static const struct example rfc3986[] = {
    // 5.4.1, normal
    { "g:h", "g:h" },
    { "g", "http://a/b/c/g" },
    { "./g", "http://a/b/c/g" },
    { "g/", "http://a/b/c/g/" },
    { "/g", "http://a/g" },
    { "//g", "http://g/" },
    { "?y", "http://a/b/c/d;p?y" },
    { "g?y", "http://a/b/c/g?y" },
    { "#s", "http://a/b/c/d;p?q" },
    { "g#s", "http://a/b/c/g" },
    { "g?y#s", "http://a/b/c/g?y" },
    { ";x", "http://a/b/c/;x" },
    { "g;x", "http://a/b/c/g;x" },
    { "g;x?y#s", "http://a/b/c/g;x?y" },
    { "", "http://a/b/c/d;p?q" },
    { ".", "http://a/b/c/" },
    { "./", "http://a/b/c/" },
    { "..", "http://a/b/" },
    { "../", "http://a/b/" },
    { "../g", "http://a/b/g" },
    { "../..", "http://a/" },
    { "../../", "http://a/" },
    { "../../g", "http://a/g" },
    // 5.4.2, abnormal
    { "../../../g", "http://a/g" },
    { "../../../../g", "http://a/g" },
    { "/./g", "http://a/g" },
    { "/../g", "http://a/g" },
    { "g.", "http://a/b/c/g." },
    { ".g", "http://a/b/c/.g" },
    { "g..", "http://a/b/c/g.." },
    { "..g", "http://a/b/c/..g" },
    { "./../g", "http://a/b/g" },
    { "./g/.", "http://a/b/c/g/" },
    { "g/./h", "http://a/b/c/g/h" },
    { "g/../h", "http://a/b/c/h" },
    { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
    { "g;x=1/../y", "http://a/b/c/y" },
    { "g?y/./x", "http://a/b/c/g?y/./x" },
    { "g?y/../x", "http://a/b/c/g?y/../x" },
    { "g#s/./x", "http://a/b/c/g" },
    { "g#s/../x", "http://a/b/c/g" },
    { "http:g", NULL },
};

START_TEST(resolves_the_examples_of_rfc3986)
{
    for (size_t i = 0; i < sizeof(rfc3986) / sizeof(rfc3986[0]); i++)
        check_resolve("http://a/b/c/d;p?q", &rfc3986[i]);
}
END_TEST

static const struct example references[] = {
    { "http:", NULL },
    { "http:/x", NULL },
    { "https:g", NULL },
    { "//", NULL },
    { "///x", NULL },
    { "//h:0/", NULL },
    { "?", "https://h:8/a/b?" },
    { "x?", "https://h:8/a/x?" },
    { "x#?y", "https://h:8/a/x" },
    { " \t x \r\n", "https://h:8/a/x" },
    { "x y", "https://h:8/a/x%20y" },
    { "..//x", "https://h:8//x" },
    { ".//x", "https://h:8/a//x" },
    { "c//..", "https://h:8/a/c/" },
    { "c//../..", "https://h:8/a/" },
    { "//g:443", "https://g/" },
    { "//g:80?q", "https://g:80/?q" },
    { "HTTP://G:80", "http://g/" },
    { "./a:b", "https://h:8/a/a:b" },
    { "a:b", "a:b" },
    { "1a:b", "https://h:8/a/1a:b" },
    { ":b", "https://h:8/a/:b" },
    { "a/b:c", "https://h:8/a/a/b:c" },
    { "%2E%2e/x", "https://h:8/x" },
    { ".%2e/x/%2E", "https://h:8/x/" },
    { "%2e%2e%2fx", "https://h:8/a/..%2Fx" },
    { "\\x", "https://h:8/a/%5Cx" },
    { "javascript:a(\"b\")", "javascript:a(%22b%22)" },
};

START_TEST(resolves_references)
{
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
        check_resolve("https://h:8/a/b?c", &references[i]);
}
END_TEST

// --- Parsing -----------------------------------------------------------------

static const struct example urls[] = {
    // The frame
    { "", NULL },
    { " ", NULL },
    { "example.com", NULL },
    { "/x", NULL },
    { "//h/", NULL },
    { "#", NULL },
    { "http", NULL },
    { "http:", NULL },
    { "http:/", NULL },
    { "http://", NULL },
    { "http:///x", NULL },
    { "http://?x", NULL },
    { "http://#x", NULL },
    { "http:x", NULL },
    { "1http://h/", NULL },
    { "ht tp://h/", NULL },
    { "http://h", "http://h/" },
    { "http://h?", "http://h/?" },
    { "http://h?q/../r", "http://h/?q/../r" },
    { "http://h#f", "http://h/" },
    { "http://h/#", "http://h/" },
    { "http://h/a#b#c", "http://h/a" },
    { "HTTPS://EXAMPLE.COM/A", "https://example.com/A" },
    { "mailto:Me@Example.com", "mailto:Me@Example.com" },
    { "MailTo:x", "mailto:x" },
    { "a+b-c.1:", "a+b-c.1:" },
    { "ftp://h/%zz", "ftp://h/%25zz" },
    { "x:<\xc3\xa9>\x01", "x:%3C%C3%A9%3E" },
    { "x:\x01y", "x:%01y" },
    { "x:a#b", "x:a" },
    // Names
    { "http://a-b_c.D", "http://a-b_c.d/" },
    { "http://h./", "http://h./" },
    { "http://h h/", NULL },
    { "http://h%41/", NULL },
    { "http://b\xc3\xbc"
      "cher/",
        NULL },
    { "http://h~/", NULL },
    { "http://h\\x/", NULL },
    { "http://h,/", NULL },
    { "http://*/", NULL },
    { "http://h\x01/", NULL },
    { "http://a]/", NULL },
    // IPv4
    { "http://127.0.0.1", "http://127.0.0.1/" },
    { "http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x" },
    { "http://127.1/", NULL },
    { "http://2130706433/", NULL },
    { "http://1.2.3.4.5/", NULL },
    { "http://1.2.3.256/", NULL },
    { "http://1.2.3.4./", NULL },
    { "http://a.1/", NULL },
    { "http://a.1./", NULL },
    { "http://0x7f000001/", NULL },
    { "http://0X7F.1/", NULL },
    { "http://a.0x/", NULL },
    { "http://1.2.3.0x4/", NULL },
    { "http://11111111111111111111111111111111111111111111111/", NULL },
    { "http://1.2.3.4a/", "http://1.2.3.4a/" },
    { "http://1.0x1g/", "http://1.0x1g/" },
    { "http://1.a/", "http://1.a/" },
    // IPv6
    { "http://[::1]", "http://[::1]/" },
    { "http://[::1]:80/", "http://[::1]/" },
    { "http://[::1]:81/", "http://[::1]:81/" },
    { "http://[2001:DB8:0:0:0:0:0:1]/", "http://[2001:db8::1]/" },
    { "http://[::FFFF:1.2.3.4]/", "http://[::ffff:1.2.3.4]/" },
    { "http://[::ffff:102:304]/", "http://[::ffff:1.2.3.4]/" },
    { "http://[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
        "http://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]/" },
    { "http://[0000:0000:0000:0000:0000:0000:0000:000000000000000000]/", NULL },
    { "http://[]/", NULL },
    { "http://[::1", NULL },
    { "http://[::1]x/", NULL },
    { "http://[::1]:x/", NULL },
    { "http://[::1]]/", NULL },
    { "http://[[::1]]/", NULL },
    { "http://[::1%eth0]/", NULL },
    { "http://[::1%25eth0]/", NULL },
    { "http://[fe80::1%251]/", NULL },
    { "http://[1.2.3.4]/", NULL },
    { "http://[v1.x]/", NULL },
    { "http://[h]/", NULL },
    { "http://::1/", NULL },
    // Ports
    { "http://h:", "http://h/" },
    { "http://h:?q", "http://h/?q" },
    { "http://h:80/", "http://h/" },
    { "http://h:00080/", "http://h/" },
    { "https://h:443/", "https://h/" },
    { "https://h:80/", "https://h:80/" },
    { "http://h:443/", "http://h:443/" },
    { "http://h:1/", "http://h:1/" },
    { "http://h:65535/", "http://h:65535/" },
    { "http://h:65536/", NULL },
    { "http://h:4294967376/", NULL },
    { "http://h:99999999999999999999999/", NULL },
    { "http://h:0/", NULL },
    { "http://h:000/", NULL },
    { "http://h:8a/", NULL },
    { "http://h:+8/", NULL },
    { "http://h:-8/", NULL },
    { "http://h: 8/", NULL },
    { "http://h:8:8/", NULL },
    { "http://:8/", NULL },
    // User info
    { "http://me@h/", "http://h/" },
    { "http://me:secret@h:8/", "http://h:8/" },
    { "http://@h/", "http://h/" },
    { "http://a@b@h/", "http://h/" },
    { "http://h@/", NULL },
    { "http://a@:8/", NULL },
    { "http://me@[::1]/", "http://[::1]/" },
    { "http://[::1]@h/", "http://h/" },
    { "http://h/@x", "http://h/@x" },
    { "http://h?@x", "http://h/?@x" },
    { "http://good\\@evil/", "http://evil/" },
    // White space and controls
    { "  http://h/ \r\n", "http://h/" },
    { "\x01\x1fhttp://h/\x02", "http://h/" },
    { "ht\ttp:/\r/h\n/a\tb\rc\nd?\te", "http://h/abcd?e" },
    { "http://h/a b", "http://h/a%20b" },
    { "http://h/ #x", "http://h/%20" },
    { "http://h/\x01\x0b\x7f", "http://h/%01%0B%7F" },
    // Escapes
    { "http://h/\"<>\\^`{|}[]?\"<>\\^`{|}[]",
        "http://h/%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"
        "?%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D" },
    { "http://h/!$&'()*+,;=:@-._~?!$&'()*+,;=:@-._~/?",
        "http://h/!$&'()*+,;=:@-._~?!$&'()*+,;=:@-._~/?" },
    { "http://h/\xc3\xa9\xff", "http://h/%C3%A9%FF" },
    { "http://h/%c3%A9%2f%3f%23", "http://h/%C3%A9%2F%3F%23" },
    { "http://h/%41%7a%30%2D%5f%7E%2e", "http://h/Az0-_~." },
    { "http://h/%20%21%00", "http://h/%20%21%00" },
    { "http://h/%", "http://h/%25" },
    { "http://h/%4", "http://h/%254" },
    { "http://h/%4?1", "http://h/%254?1" },
    { "http://h/%g1%1g%%41", "http://h/%25g1%251g%25A" },
    { "http://h/%%32e%%32e", "http://h/%252e%252e" },
    { "http://h/%2%65", "http://h/%252e" },
    { "http://h/%2/../e", "http://h/e" },
    { "http://h/?%41%zz%2f", "http://h/?A%25zz%2F" },
    // Dots
    { "http://h/a/./b/../c", "http://h/a/c" },
    { "http://h/..", "http://h/" },
    { "http://h/../..", "http://h/" },
    { "http://h/a/..", "http://h/" },
    { "http://h/a/b/..", "http://h/a/" },
    { "http://h/a//../b", "http://h/a/b" },
    { "http://h//", "http://h//" },
    { "http://h//..", "http://h/" },
    { "http://h/...", "http://h/..." },
    { "http://h/.../..", "http://h/" },
    { "http://h/a/%2e%2E/b/%2e", "http://h/b/" },
    { "http://h/a/.%09./b", "http://h/a/.%09./b" },
    { "http://h/a/.\t./b", "http://h/b" },
};

START_TEST(parses)
{
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        check_parse(&urls[i]);
}
END_TEST

START_TEST(parses_typed_urls)
{
    static const struct example typed[] = {
        { "localhost", "http://localhost/" },
        { "localhost:8888", "http://localhost:8888/" },
        { "h:0080", "http://h/" },
        { "h:9", "http://h:9/" },
        { "localhost:8888/a:b", "http://localhost:8888/a:b" },
        { "example.com/a?b:c", "http://example.com/a?b:c" },
        { "[::1]:8/x", "http://[::1]:8/x" },
        { "HTTPS://h", "https://h/" },
        { "mailto:x", "mailto:x" },
        { "http:x", NULL },
        { "", NULL },
        { "/x", NULL },
        { "h:65536", NULL },
    };
    struct url url;

    for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        int error = url_parse_typed(&url, typed[i].input);
        if (typed[i].wanted == NULL) {
            check_failed(&url, error, -EINVAL);
            continue;
        }
        ck_assert_msg(error == 0, "%s: %d", typed[i].input, error);
        ck_assert_str_eq(url.text, typed[i].wanted);
        check_url(&url);
        url_free(&url);
    }
}
END_TEST

START_TEST(takes_an_url_apart)
{
    static const char text[] = "https://u@Example.COM:8080/a/b?c=d?e#f";
    struct url url;

    ck_assert_int_eq(parse(&url, text, strlen(text)), 0);
    ck_assert_int_eq(url.scheme, URL_HTTPS);
    ck_assert_int_eq(url.port, 8080);
    ck_assert(slice_equal(url.host, slice_of("example.com")));
    ck_assert(slice_equal(url.path, slice_of("/a/b")));
    ck_assert(slice_equal(url.target, slice_of("/a/b?c=d?e")));
    url_free(&url);

    ck_assert_int_eq(parse(&url, "http://[::1]", 12), 0);
    ck_assert_int_eq(url.scheme, URL_HTTP);
    ck_assert_int_eq(url.port, 80);
    ck_assert(slice_equal(url.host, slice_of("[::1]")));
    ck_assert(slice_equal(url.path, slice_of("/")));
    ck_assert(slice_equal(url.target, slice_of("/")));
    url_free(&url);

    ck_assert_int_eq(parse(&url, "https://h", 9), 0);
    ck_assert_int_eq(url.port, 443);
    url_free(&url);

    ck_assert_int_eq(parse(&url, "mailto:x", 8), 0);
    ck_assert_int_eq(url.scheme, URL_OTHER);
    ck_assert_int_eq(url.port, 0);
    url_free(&url);
    url_free(&url);
}
END_TEST

START_TEST(takes_nul_bytes_for_bytes)
{
    struct url url;

    ck_assert_int_eq(parse(&url, "http://h/a\0b", 12), 0);
    ck_assert_str_eq(url.text, "http://h/a%00b");
    check_url(&url);
    url_free(&url);
    ck_assert_int_eq(parse(&url, "\0http://h/\0", 11), 0);
    ck_assert_str_eq(url.text, "http://h/");
    url_free(&url);
    check_failed(&url, parse(&url, "http://h\0/", 10), -EINVAL);
    check_failed(&url, parse(&url, "http://[::1\0]/", 14), -EINVAL);
    check_failed(&url, parse(&url, "http://1.2.3.4\0/", 16), -EINVAL);
    check_failed(&url, parse(&url, "http://h:8\0/", 12), -EINVAL);
    check_failed(&url, parse(&url, "ht\0tp://h/", 10), -EINVAL);
    check_failed(&url, url_parse(&url, NULL, 0), -EINVAL);
}
END_TEST

START_TEST(tells_addresses_from_names)
{
    static const struct {
        const char *text;
        bool wanted;
    } hosts[] = {
        { "http://127.0.0.1/", true },
        { "http://[::1]:8/", true },
        { "http://localhost/", false },
        { "http://1.2.3.4.example/", false },
        { "http://example.1a/", false },
        { "http://./", false },
        { "mailto:127.0.0.1", false },
    };
    struct url url;

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        ck_assert_int_eq(parse(&url, hosts[i].text, strlen(hosts[i].text)), 0);
        ck_assert_int_eq(url_host_is_address(&url), hosts[i].wanted);
        url_free(&url);
    }
    ck_assert(!url_host_is_address(&url)); // a zeroed URL
}
END_TEST

// --- Limits ------------------------------------------------------------------

// Parses `start` and as many `unit`s as fit into n bytes, filled up with 'a'.
static int parse_long(
    struct url *url, const char *start, const char *unit, size_t n)
{
    char *text = malloc(n);
    size_t len = strlen(start);
    size_t unit_len = strlen(unit);

    ck_assert_ptr_nonnull(text);
    memcpy(text, start, len);
    for (; len + unit_len <= n; len += unit_len)
        memcpy(text + len, unit, unit_len);
    memset(text + len, 'a', n - len);
    int error = url_parse(url, text, n);
    free(text);
    return error;
}

START_TEST(keeps_the_limit)
{
    static const char *const starts[] = { "http://h/", "http://h?", "http://h.",
        "mailto:" };
    struct url url;

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        // "http://h?" and "http://h." gain a slash
        size_t extra = strchr("?.", starts[i][strlen(starts[i]) - 1]) != NULL;
        size_t most = URL_MAX - extra;
        ck_assert_int_eq(parse_long(&url, starts[i], "a", most), 0);
        ck_assert_uint_eq(strlen(url.text), URL_MAX);
        check_url(&url);
        url_free(&url);
        check_failed(
            &url, parse_long(&url, starts[i], "a", most + 1), -ENAMETOOLONG);
    }
}
END_TEST

START_TEST(keeps_the_limit_after_encoding)
{
    size_t start = strlen("http://h/");
    size_t room = URL_MAX - start;
    struct url url;

    // Each byte becomes three.
    ck_assert_int_eq(
        parse_long(&url, "http://h/", "\xff", start + room / 3), 0);
    check_url(&url);
    url_free(&url);
    check_failed(&url,
        parse_long(&url, "http://h/", "\xff", start + room / 3 + 1),
        -ENAMETOOLONG);
    // Each escape becomes one.
    ck_assert_int_eq(parse_long(&url, "http://h/", "%41", start + 3 * room), 0);
    ck_assert_uint_eq(strlen(url.text), URL_MAX);
    url_free(&url);
    check_failed(&url,
        parse_long(&url, "http://h/", "%41", start + 3 * room + 3),
        -ENAMETOOLONG);
    // None of these bytes remain.
    ck_assert_int_eq(parse_long(&url, "http://h/", "a/../", 3 * URL_MAX), 0);
    url_free(&url);
    check_failed(&url, parse_long(&url, "http://h/", "a/../", 3 * URL_MAX + 1),
        -ENAMETOOLONG);
    ck_assert_int_eq(parse_long(&url, "http://h/#", "a", 5 * URL_MAX), 0);
    ck_assert_str_eq(url.text, "http://h/");
    url_free(&url);
}
END_TEST

START_TEST(keeps_the_limit_when_resolving)
{
    struct url base;
    struct url url;

    ck_assert_int_eq(parse_long(&base, "http://h/", "a/", URL_MAX - 1), 0);
    ck_assert_int_eq(base.text[URL_MAX - 2], '/');
    ck_assert_int_eq(resolve(&url, &base, "x", 1), 0);
    ck_assert_uint_eq(strlen(url.text), URL_MAX);
    url_free(&url);
    check_failed(&url, resolve(&url, &base, "xy", 2), -ENAMETOOLONG);
    ck_assert_int_eq(resolve(&url, &base, "../xyz", 6), 0);
    ck_assert_uint_eq(strlen(url.text), URL_MAX);
    url_free(&url);
    url_free(&base);
}
END_TEST

// --- Properties --------------------------------------------------------------

static void try_both(const struct url *base, const char *text, size_t n)
{
    struct url url;

    if (parse(&url, text, n) == 0)
        check_url(&url);
    url_free(&url);
    if (resolve(&url, base, text, n) == 0)
        check_url(&url);
    url_free(&url);
}

START_TEST(survives_random_bytes)
{
    static const char *const pieces[] = { "http:", "https:", "//", "/", "..",
        ".", "%2e", "%", "?", "#", "@", ":", "[", "]", "::1", "1.2.3.4", "80",
        "a", "\t", "\n", " ", "\xff", "%00", "%zz", "x:" };
    uint32_t seed = 20261120;
    struct url base;

    ck_assert_int_eq(parse(&base, "http://a/b/c/d;p?q", 18), 0);
    for (int round = 0; round < 5000; round++) {
        char text[128]; // 11 pieces of at most 7 bytes
        size_t len = 0;
        uint32_t count = random_next(&seed) % 12;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t choice = random_next(&seed) % 32;
            if (choice < sizeof(pieces) / sizeof(pieces[0])) {
                memcpy(text + len, pieces[choice], strlen(pieces[choice]));
                len += strlen(pieces[choice]);
            } else {
                text[len++] = (char)random_next(&seed);
            }
        }
        try_both(&base, text, len);
    }
    url_free(&base);
}
END_TEST

START_TEST(survives_mutations)
{
    size_t count = sizeof(urls) / sizeof(urls[0]);
    uint32_t seed = 3986;
    struct url base;

    ck_assert_int_eq(parse(&base, "https://h:8/a/b?c", 17), 0);
    for (size_t round = 0; round < 5000; round++) {
        char text[256];
        size_t len = strlen(urls[round % count].input);
        memcpy(text, urls[round % count].input, len);
        for (uint32_t n = random_next(&seed) % 4; n > 0 && len > 0; n--)
            text[random_next(&seed) % len] = (char)random_next(&seed);
        if (len > 0 && random_next(&seed) % 4 == 0)
            len = random_next(&seed) % len;
        try_both(&base, text, len);
    }
    url_free(&base);
}
END_TEST

static Suite *url_suite(void)
{
    Suite *suite = suite_create("url");
    TCase *tcase = tcase_create("url");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, resolves_the_examples_of_rfc3986);
    tcase_add_test(tcase, resolves_references);
    tcase_add_test(tcase, parses);
    tcase_add_test(tcase, parses_typed_urls);
    tcase_add_test(tcase, takes_an_url_apart);
    tcase_add_test(tcase, takes_nul_bytes_for_bytes);
    tcase_add_test(tcase, tells_addresses_from_names);
    tcase_add_test(tcase, keeps_the_limit);
    tcase_add_test(tcase, keeps_the_limit_after_encoding);
    tcase_add_test(tcase, keeps_the_limit_when_resolving);
    tcase_add_test(tcase, survives_random_bytes);
    tcase_add_test(tcase, survives_mutations);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(url_suite());
}
