// test_links.c - which links a page has: a table of pages, then hostile ones.
//
// Pages are handed over in blocks of exactly their size, so that reading past
// one is caught by AddressSanitizer and valgrind.

#include "links.h"
#include "suite.h"

#include <stdint.h>
#include <stdlib.h>

// --- Helpers -----------------------------------------------------------------

// The links of a page with a space behind each; the caller frees the text.
static char *find_links(const char *page, size_t n)
{
    static const char page_url[] = "http://h/d/p?q";
    char *copy = malloc(n > 0 ? n : 1);
    char *found = calloc(1, 1);
    size_t len = 0;
    struct links links;
    struct url url;

    if (copy == NULL || found == NULL)
        abort();
    if (n > 0)
        memcpy(copy, page, n);
    ck_assert_int_eq(url_parse(&url, page_url, strlen(page_url)), 0);
    ck_assert_int_eq(links_init(&links, &url, copy, n), 0);
    url_free(&url); // links has its own
    while (links_next(&links, &url)) {
        size_t more = strlen(url.text);
        found = realloc(found, len + more + 2);
        if (found == NULL)
            abort();
        memcpy(found + len, url.text, more);
        len += more;
        memcpy(found + len++, " ", 2);
        url_free(&url);
    }
    ck_assert(!links.out_of_memory);
    ck_assert(!links_next(&links, &url)); // the end is the end
    links_free(&links);
    free(copy);
    return found;
}

struct example {
    const char *page;
    const char *wanted;
};

static void check_links(const struct example *example)
{
    char *found = find_links(example->page, strlen(example->page));

    ck_assert_msg(
        strcmp(found, example->wanted) == 0, "%s: %s", example->page, found);
    free(found);
}

// --- The table ---------------------------------------------------------------

static const struct example pages[] = {
    // Tags and attributes
    { "", "" },
    { "href=x", "" },
    { "<a href=x>", "http://h/d/x " },
    { "<a href=\"x\">", "http://h/d/x " },
    { "<a href='x'>", "http://h/d/x " },
    { "<A HREF=x>", "http://h/d/x " },
    { "<link rel=a hReF = \"x\" >", "http://h/d/x " },
    { "<a\thref\n=\r\f'x'>", "http://h/d/x " },
    { "<a/href=x/>", "http://h/d/x/ " },
    { "<a href=\"x\"/>", "http://h/d/x " },
    { "<a href=x><a href=y>", "http://h/d/x http://h/d/y " },
    { "<a href=x>text</a><a href=y>", "http://h/d/x http://h/d/y " },
    { "<a href=x href=y>", "http://h/d/x " },
    { "<a href HREF=y>", "http://h/d/p?q " },
    { "<a data-href=x>", "" },
    { "<a xlink:href=x>", "" },
    { "<a hrefs=x>", "" },
    { "<a data-href=x href=y>", "http://h/d/y " },
    { "<a title=\"href=x\">", "" },
    { "<a title='>' href=x>", "http://h/d/x " },
    { "<a title=a>b href=x>", "" },
    { "<a title=\"a\"href=\"x\"class=b>", "http://h/d/x " },
    { "<a title=\"a \"href=\"x\">", "http://h/d/x " },
    { "<a =href=x>", "" },
    { "<a = href=x>", "http://h/d/x " },
    { "<a title= href=x>", "" },
    { "<a href=x\"y>", "http://h/d/x%22y " },
    { "<a href=\"'\">", "http://h/d/' " },
    { "<a href='\"'>", "http://h/d/%22 " },
    { "<a href=\"a b\nc\">", "http://h/d/a%20bc " },
    { "<a href=\" x \">", "http://h/d/x " },
    { "<a:b href=x>", "http://h/d/x " },
    { "<a1 href=x>", "http://h/d/x " },
    { "<href=x>", "" },
    { "<a<b href=x>", "http://h/d/x " },
    // Values that lead nowhere else, or nowhere
    { "<a href=\"\">", "http://h/d/p?q " },
    { "<a href>", "http://h/d/p?q " },
    { "<a href=>", "http://h/d/p?q " },
    { "<a href=#x>", "http://h/d/p?q " },
    { "<a href=http:x><a href=y>", "http://h/d/y " },
    { "<a href=//:0/><a href=http://a:0/>", "" },
    { "<a href=mailto:x><a href=//g>", "mailto:x http://g/ " },
    // What is no tag
    { "<", "" },
    { "< a href=x>", "" },
    { "<1 href=x>", "" },
    { "1<2 <a href=x>", "http://h/d/x " },
    { "<<a href=x>", "http://h/d/x " },
    { "<><a href=x>", "http://h/d/x " },
    { "</a href=x>", "" },
    { "</a title='>' href=x><a href=y>", "http://h/d/y " },
    { "</><a href=x>", "http://h/d/x " },
    { "</ a href=x><a href=y>", "http://h/d/y " },
    { "</1 '><a href=y>'>", "http://h/d/y " },
    // Tags without an end
    { "<a href=x", "" },
    { "<a href=\"x\"", "" },
    { "<a href=\"x>", "" },
    { "<a href=\"", "" },
    { "<a href=", "" },
    { "<a href=\"x><a href=\"y>", "http://h/d/x%3E%3Ca%20href= " },
    { "<a href=\"x><a href='y>", "" },
    { "<a href=\"x><a href=\"y>\">", "http://h/d/x%3E%3Ca%20href= " },
    // Comments and the like
    { "<!-- <a href=x> --><a href=y>", "http://h/d/y " },
    { "<!-- <a href=x> -> <a href=x> --!><a href=y>", "http://h/d/y " },
    { "<!--><a href=y>", "http://h/d/y " },
    { "<!---><a href=y>", "http://h/d/y " },
    { "<!----><a href=y>", "http://h/d/y " },
    { "<!----!><a href=y>", "http://h/d/y " },
    { "<!--!><a href=x>--><a href=y>", "http://h/d/y " },
    { "<!---!><a href=x>--><a href=y>", "http://h/d/y " },
    { "<!-- -- > <a href=x>", "" },
    { "<!-- <a href=x>", "" },
    { "<!--", "" },
    { "<!- ><a href=y>", "http://h/d/y " },
    { "<!DOCTYPE html><a href=y>", "http://h/d/y " },
    { "<!><a href=y>", "http://h/d/y " },
    { "<?<a href=x>?><a href=y>", "http://h/d/y " },
    { "<!a href=x><?a href=x?><a href=y>", "http://h/d/y " },
    { "<?xml version='1.0'?><a href=y>", "http://h/d/y " },
    { "<![CDATA[<a href=x>]]><a href=y>", "http://h/d/y " },
    { "<![CDATA[]]><a href=y>", "http://h/d/y " },
    { "<![CDATA[]>]]<a href=x>]]]><a href=y>", "http://h/d/y " },
    { "<![CDATA[<a href=x>", "" },
    { "<![cdata[><a href=y>", "http://h/d/y " },
    // Raw text
    { "<script><a href=x></script><a href=y>", "http://h/d/y " },
    { "<SCRIPT a=b>'</scrip><a href=x>'</Script ><a href=y>", "http://h/d/y " },
    { "<script></scripts><a href=x></script/><a href=y>", "http://h/d/y " },
    { "<script><!--</script><a href=y>", "http://h/d/y " },
    { "<script></script\n><a href=y>", "http://h/d/y " },
    { "<script></style><a href=x>", "" },
    { "<script><a href=x></script", "" },
    { "<script src=a/><a href=x></script><a href=y>", "http://h/d/y " },
    { "<script src='a'/><a href=y>", "http://h/d/y " },
    { "<script async /><a href=y>", "http://h/d/y " },
    { "<style><a href=x></style><a href=y>", "http://h/d/y " },
    { "<textarea><a href=x></textarea><a href=y>", "http://h/d/y " },
    { "<title><a href=x></title><a href=y>", "http://h/d/y " },
    { "<titles><a href=y>", "http://h/d/y " },
    { "<style href=z><a href=x></style>", "http://h/d/z " },
    { "</script><a href=y>", "http://h/d/y " },
    // Entities
    { "<a href=\"?a=1&amp;b=2\">", "http://h/d/p?a=1&b=2 " },
    { "<a href=?a=1&amp;amp;b>", "http://h/d/p?a=1&amp;b " },
    { "<a href=?a=1&copy=2&copy;>", "http://h/d/p?a=1&copy=2&copy; " },
    { "<a href=?&lt;&gt;&quot;&apos;>", "http://h/d/p?%3C%3E%22' " },
    { "<a href=?&nbsp;>", "http://h/d/p?%C2%A0 " },
    { "<a href=&#120;&#x79;&#X7A;>", "http://h/d/xyz " },
    { "<a href=&#000000000000000000000120;>", "http://h/d/x " },
    { "<a href=?&#233;&#x20ac;&#x1F600;>",
        "http://h/d/p?%C3%A9%E2%82%AC%F0%9F%98%80 " },
    { "<a href=?&#x7f;&#x80;&#x7FF;&#x800;&#xFFFF;&#x10000;>",
        "http://h/d/p?%7F%C2%80%DF%BF%E0%A0%80%EF%BF%BF%F0%90%80%80 " },
    { "<a href=?&#0;>", "http://h/d/p?%EF%BF%BD " },
    { "<a href=?&#xD800;&#xdfff;>", "http://h/d/p?%EF%BF%BD%EF%BF%BD " },
    { "<a href=?&#x10FFFF;&#x110000;>", "http://h/d/p?%F4%8F%BF%BF%EF%BF%BD " },
    { "<a href=?&#18446744073709551736;>", "http://h/d/p?%EF%BF%BD " },
    { "<a href='x&#10;y'>", "http://h/d/xy " },
    { "<a href=x&#35;y>", "http://h/d/x " },
    { "<a href=?&amp>", "http://h/d/p?&amp " },
    { "<a href=?&;&&amp;>", "http://h/d/p?&;&& " },
    { "<a href=?&#>", "http://h/d/p?& " },
    { "<a href=?&#;>", "http://h/d/p?& " },
    { "<a href=?&#x;>", "http://h/d/p?& " },
    { "<a href=?&#120>", "http://h/d/p?& " },
    { "<a href=?&#1a;>", "http://h/d/p?& " },
    { "<a href=java&#9;script:x>", "javascript:x " },
    // Bases
    { "<base href=/e/><a href=x>", "http://h/e/x " },
    { "<a href=x><base href=//g/><a href=x>", "http://h/d/x http://g/x " },
    { "<base href=e/><base href=f/><a href=x>", "http://h/d/e/x " },
    { "<base target=x><base href=f/><a href=x>", "http://h/d/f/x " },
    { "<BASE href='https://g/?a&amp;b'><a href>", "https://g/?a&b " },
    { "<base href=mailto:x><a href=x>", "http://h/d/x " },
    { "<base href=http:x><base href=/e/><a href=x>", "http://h/d/x " },
    { "<base href><a href=x>", "http://h/d/x " },
    { "<!--<base href=/e/>--><a href=x>", "http://h/d/x " },
    { "<basefont href=/e/><a href=x>", "http://h/e/ http://h/d/x " },
};

START_TEST(finds_links)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        check_links(&pages[i]);
}
END_TEST

START_TEST(takes_nul_bytes_for_bytes)
{
    static const char page[] = "\0<a\0 href=x><a href\0=x><a href=x\0y>";
    char *found = find_links(page, sizeof(page) - 1);

    ck_assert_str_eq(found, "http://h/d/x http://h/d/x%00y ");
    free(found);
    found = find_links(NULL, 0);
    ck_assert_str_eq(found, "");
    free(found);
}
END_TEST

// Every beginning of every page.
START_TEST(survives_cuts)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        for (size_t n = strlen(pages[i].page); n > 0; n--)
            free(find_links(pages[i].page, n - 1));
    }
}
END_TEST

// --- Limits ------------------------------------------------------------------

START_TEST(passes_over_long_links)
{
    size_t size = 4 * URL_MAX;
    char *page = malloc(size + 64);
    char *found;

    ck_assert_ptr_nonnull(page);
    // Most that is looked at, with and without entities: too long for a URL,
    // and the next link is found nevertheless.
    for (size_t n = 3 * URL_MAX - 1; n <= 3 * URL_MAX + 1; n++) {
        for (int amp = 0; amp < 2; amp++) {
            size_t len = 0;
            memcpy(page, "<a href=", 8);
            len += 8;
            memset(page + len, amp ? '&' : 'a', n);
            len += n;
            memcpy(page + len, "><a href=x>", 11);
            len += 11;
            found = find_links(page, len);
            ck_assert_str_eq(found, "http://h/d/x ");
            free(found);
        }
    }
    // A link may be long and mean little.
    memset(page, ' ', size);
    memcpy(page, "<a href='y", 10);
    memcpy(page + 3 * URL_MAX - 10, "'>", 2);
    found = find_links(page, 3 * URL_MAX);
    ck_assert_str_eq(found, "http://h/d/y ");
    free(found);
    free(page);
}
END_TEST

static char *repeat(const char *text, size_t count)
{
    size_t n = strlen(text);
    char *page = malloc(n * count);

    if (page == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        memcpy(page + i * n, text, n);
    return page;
}

// Were any of these quadratic, it would take hours: the time limit of the test
// is the assertion.
START_TEST(takes_linear_time)
{
    static const char *const units[] = { "<", "<!", "<!-", "<!--", "<!---",
        "<?", "</", "</a", "</a ", "<a", "<a ", "<a=", "<a href",
        "<a href=", "<a href=\"", "<a href='", "<a href=\"'", "<a href=&",
        "<a href='&#", "&#1", "<script", "<script>", "<script></script",
        "<script><", "<title><", "<style></", "<![CDATA[", "<![CDATA[]",
        "<![CDATA[>", "<!-->", "<!-- >", "<base href=//", ">", "\"", " ", "/" };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i]);
        char *page = repeat(units[i], 300000);
        free(find_links(page, 300000 * n));
        free(page);
    }
}
END_TEST

// --- Mutations ---------------------------------------------------------------

static uint32_t random_next(uint32_t *seed)
{
    *seed ^= *seed << 13; // xorshift32
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

// Two pages of the table, one behind the other, with a few bytes changed.
START_TEST(survives_mutations)
{
    static const char bytes[] = "<>!-/=\"'& #;xa[]?";
    size_t count = sizeof(pages) / sizeof(pages[0]);
    uint32_t seed = 1866;

    for (int round = 0; round < 5000; round++) {
        const char *a = pages[random_next(&seed) % count].page;
        const char *b = pages[random_next(&seed) % count].page;
        char text[256];
        size_t len = strlen(a) + strlen(b);
        memcpy(text, a, strlen(a));
        memcpy(text + strlen(a), b, strlen(b));
        for (uint32_t n = random_next(&seed) % 5; n > 0 && len > 0; n--) {
            uint32_t choice = random_next(&seed) % (2 * sizeof(bytes));
            text[random_next(&seed) % len] = choice < sizeof(bytes)
                                                 ? bytes[choice]
                                                 : (char)random_next(&seed);
        }
        free(find_links(text, len));
    }
}
END_TEST

static Suite *links_suite(void)
{
    Suite *suite = suite_create("links");
    TCase *tcase = tcase_create("links");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, finds_links);
    tcase_add_test(tcase, takes_nul_bytes_for_bytes);
    tcase_add_test(tcase, survives_cuts);
    tcase_add_test(tcase, passes_over_long_links);
    tcase_add_test(tcase, takes_linear_time);
    tcase_add_test(tcase, survives_mutations);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(links_suite());
}
