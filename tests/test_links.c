// test_links.c - the links of a page: a table of pages, then hostile pages.
//
// Each page is passed in a block of exactly its size, so that AddressSanitizer
// and valgrind notice a read past the end.

#include "errors.h"
#include "links.h"
#include "must.h"
#include "random.h"
#include "suite.h"

#include <stdint.h>
#include <stdlib.h>

// --- Helpers -----------------------------------------------------------------

// Returns the links of a page of this type and charset as a text, with a space
// behind each link. The caller frees the text.
static char *find_links_in(
    const char *type, const char *charset, const char *page, size_t n)
{
    static const char page_url[] = "http://h/d/p?q";
    char *copy = malloc(n > 0 ? n : 1);
    char *found = calloc(1, 1);
    size_t len = 0;
    struct links links;
    struct url url;

    must(copy != NULL && found != NULL);
    if (n > 0)
        memcpy(copy, page, n);
    ck_assert_int_eq(url_parse(&url, page_url, strlen(page_url)), 0);
    int error =
        links_init(&links, &url, slice_of(type), slice_of(charset), copy, n);
    url_free(&url); // `links` has a copy
    if (error == ERROR_CHARSET) {
        found = realloc(found, sizeof("unreadable"));
        strcpy(found, "unreadable");
    } else {
        ck_assert_int_eq(error, 0);
    }
    while (error == 0 && links_next(&links, &url)) {
        size_t more = strlen(url.text);
        found = realloc(found, len + more + 2);
        must(found != NULL);
        memcpy(found + len, url.text, more);
        len += more;
        memcpy(found + len++, " ", 2);
        url_free(&url);
    }
    ck_assert(!links.out_of_memory);
    ck_assert(error != 0 || !links_next(&links, &url)); // stays at the end
    links_free(&links);
    free(copy);
    return found;
}

static char *find_links(const char *page, size_t n)
{
    return find_links_in("text/html", "", page, n);
}

struct example {
    const char *page;
    const char *wanted;
};

static void check_links(
    const char *type, const char *charset, const struct example *example)
{
    char *found =
        find_links_in(type, charset, example->page, strlen(example->page));

    ck_assert_msg(strcmp(found, example->wanted) == 0, "%s %s %s: %s", type,
        charset, example->page, found);
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
    // Values that lead to the page itself, or nowhere
    { "<a href=\"\">", "http://h/d/p?q " },
    { "<a href>", "http://h/d/p?q " },
    { "<a href=>", "http://h/d/p?q " },
    { "<a href=#x>", "http://h/d/p?q " },
    { "<a href=http:x><a href=y>", "http://h/d/x http://h/d/y " },
    { "<a href=//:0/><a href=http://a:0/>", "" },
    { "<a href=mailto:x><a href=//g>", "mailto:x http://g/ " },
    // Not a tag
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
    { "<![CDATA[]>]]<a href=x>]]]><a href=y>", "http://h/d/x http://h/d/y " },
    { "<![CDATA[<a href=x>", "" },
    { "<!DOCTYPE a PUBLIC \"> <a href=x>\"><a href=y>",
        "http://h/d/x http://h/d/y " },
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
    { "<script src='a'/><a href=x></script><a href=y>", "http://h/d/y " },
    { "<script async /><a href=y>", "" },
    { "<script><!-- <script> </script><a href=x> --></script><a href=y>",
        "http://h/d/y " },
    { "<script><!-- <script> </script><a href=x></script><a href=y>",
        "http://h/d/y " },
    { "<script><!-- <script> --></script><a href=y>", "http://h/d/y " },
    { "<script><!--><script></script><a href=y>", "http://h/d/y " },
    { "<script><!-- <scripts> </script><a href=y>", "http://h/d/y " },
    { "<script><script></script><a href=y>", "http://h/d/y " },
    { "<script><!- <script></script><a href=y>", "http://h/d/y " },
    { "<script><!--<script><script></script></script><a href=y>",
        "http://h/d/y " },
    { "<script><!--<script></script></script><a href=y>", "http://h/d/y " },
    { "<script><!--<script></script", "" },
    { "<style><a href=x></style><a href=y>", "http://h/d/y " },
    { "<textarea><a href=x></textarea><a href=y>", "http://h/d/y " },
    { "<title><a href=x></title><a href=y>", "http://h/d/y " },
    { "<titles><a href=y>", "http://h/d/y " },
    { "<xmp><a href=x></xmp><a href=y>", "http://h/d/y " },
    { "<iframe><a href=x></iframe><a href=y>", "http://h/d/y " },
    { "<noembed><a href=x></noembed><a href=y>", "http://h/d/y " },
    { "<noframes><a href=x></noframes><a href=y>", "http://h/d/y " },
    { "<noscript><a href=x></noscript>", "http://h/d/x " },
    { "<template><a href=x></template>", "http://h/d/x " },
    { "<title/><a href=x></title><a href=y>", "http://h/d/y " },
    { "<plaintext><a href=x></plaintext><a href=y>", "" },
    // SVG and MathML: nothing is text, and CDATA is a section
    { "<svg><style><a href=x></style></svg>", "http://h/d/x " },
    { "<svg><title><a href=x></title><script><a href=y></svg>",
        "http://h/d/x http://h/d/y " },
    { "<svg><![CDATA[><a href=x>]]><a href=y></svg><![CDATA[><a href=z>",
        "http://h/d/y http://h/d/z " },
    { "<svg><desc><![CDATA[><a href=x>]]><a href=y><![CDATA[><a href=z>]]>",
        "http://h/d/y http://h/d/z " },
    { "<svg><math><g><style><a href=x></style><mi><style><a href=y>",
        "http://h/d/x http://h/d/y " },
    { "<math><svg><desc><style><a href=x></svg><mi><style><a href=y></math>",
        "http://h/d/x " },
    { "<svg><foreignObject><style><a href=x></style></foreignObject><style>"
      "<a href=y></style></svg><style><a href=z></style>",
        "http://h/d/y " },
    { "<svg/><style><a href=x></style>", "" },
    { "<svg><svg></svg><style><a href=x></style></svg>", "http://h/d/x " },
    { "<svg><p><style><a href=x></style>", "" },
    { "<div><svg></div><style><a href=x></style>", "" },
    { "<math><mi><style><a href=x></style></mi><style><a href=y></style>",
        "http://h/d/y " },
    { "<math><title><a href=x></title></math>", "http://h/d/x " },
    { "<svg><base href=/e/><a href=x></svg><base href=/f/><a href=y>",
        "http://h/e/ http://h/d/x http://h/f/y " },
    { "</svg></title><style><a href=x></style>", "" },
    { "<style href=z><a href=x></style>", "http://h/d/z " },
    { "</script><a href=y>", "http://h/d/y " },
    // Entities
    { "<a href=\"?a=1&amp;b=2\">", "http://h/d/p?a=1&b=2 " },
    { "<a href=?a=1&amp;amp;b>", "http://h/d/p?a=1&amp;b " },
    { "<a href=?a=1&copy=2&copy;>", "http://h/d/p?a=1&copy=2%C2%A9 " },
    { "<a href=caf&eacute;>", "http://h/d/caf%C3%A9 " },
    { "<a href=caf&eacute>", "http://h/d/caf%C3%A9 " },
    { "<a href=caf&eacute/x>", "http://h/d/caf%C3%A9/x " },
    { "<a href=caf&eacutex>", "http://h/d/caf&eacutex " },
    { "<a href=caf&Eacute;&eACUTE;>", "http://h/d/caf%C3%89&eACUTE; " },
    { "<a href=?a&lt=1&lt&gt;&LT&QUOT&AMP;>",
        "http://h/d/p?a&lt=1%3C%3E%3C%22& " },
    { "<a href=?&reg&para1&sect=&not;in&notin;&notin>",
        "http://h/d/p?%C2%AE&para1&sect=%C2%AC"
        "in%E2%88%89&notin " },
    { "<a href=&frac12;&frac12&sup1>", "http://h/d/%C2%BD%C2%BD%C2%B9 " },
    { "<a href=a&sol;b&quest;c&equals;d&num;e>", "http://h/d/a/b?c=d " },
    { "<a href=?&Alpha;&rarr;&euro;&hellip;&pi;>",
        "http://h/d/p?%CE%91%E2%86%92%E2%82%AC%E2%80%A6%CF%80 " },
    { "<a href=?&Alpha&pi&apos>", "http://h/d/p?&Alpha&pi&apos " },
    { "<a href=?&CounterClockwiseContourIntegral;>",
        "http://h/d/p?&CounterClockwiseContourIntegral; " },
    { "<a href=?&yuml;&AElig;&zwnj;&zzz;>",
        "http://h/d/p?%C3%BF%C3%86%E2%80%8C&zzz; " },
    { "<a href=?&lt;&gt;&quot;&apos;>", "http://h/d/p?%3C%3E%22' " },
    { "<a href=?&nbsp;>", "http://h/d/p?%C2%A0 " },
    { "<a href=&#120;&#x79;&#X7A;>", "http://h/d/xyz " },
    { "<a href=&#000000000000000000000120;>", "http://h/d/x " },
    { "<a href=?&#233;&#x20ac;&#x1F600;>",
        "http://h/d/p?%C3%A9%E2%82%AC%F0%9F%98%80 " },
    { "<a href=?&#x7f;&#x80;&#x7FF;&#x800;&#xFFFF;&#x10000;>",
        "http://h/d/p?%7F%E2%82%AC%DF%BF%E0%A0%80%EF%BF%BF%F0%90%80%80 " },
    { "<a href=?&#128;&#x93&#159;&#x81;&#160;>",
        "http://h/d/p?%E2%82%AC%E2%80%9C%C5%B8%C2%81%C2%A0 " },
    { "<a href=?&#0;>", "http://h/d/p?%EF%BF%BD " },
    { "<a href=?&#xD800;&#xdfff;>", "http://h/d/p?%EF%BF%BD%EF%BF%BD " },
    { "<a href=?&#x10FFFF;&#x110000;>", "http://h/d/p?%F4%8F%BF%BF%EF%BF%BD " },
    { "<a href=?&#18446744073709551736;>", "http://h/d/p?%EF%BF%BD " },
    { "<a href='x&#10;y'>", "http://h/d/xy " },
    { "<a href=x&#35;y>", "http://h/d/x " },
    { "<a href=?&amp>", "http://h/d/p?& " },
    { "<a href=?&amp=1&ampx>", "http://h/d/p?&amp=1&ampx " },
    { "<a href=?&;&&amp;>", "http://h/d/p?&;&& " },
    { "<a href=?&#>", "http://h/d/p?& " },
    { "<a href=?&#;>", "http://h/d/p?& " },
    { "<a href=?&#x;>", "http://h/d/p?& " },
    { "<a href=?&#120>", "http://h/d/p?x " },
    { "<a href=?&#x78g&#120=>", "http://h/d/p?xgx= " },
    { "<a href=?&#97a;>", "http://h/d/p?aa; " },
    { "<a href=?&#xg;>", "http://h/d/p?& " },
    { "<a href=java&#9;script:x>", "javascript:x " },
    // As browsers read them
    { "<a href=..\\x>", "http://h/x " },
    { "<a href=a\\b?c\\d>", "http://h/d/a/b?c%5Cd " },
    { "<a href=\\x><a href=\\\\g\\x>", "http://h/x http://g/x " },
    { "<a href=/\\g/x>", "http://g/x " },
    { "<a href=http:/x><a href=http:x><a href=HTTP:?r>",
        "http://h/x http://h/d/x http://h/d/p?r " },
    { "<a href=http:><a href=http:a:b><a href=http:#x>",
        "http://h/d/p?q http://h/d/a:b http://h/d/p?q " },
    { "<a href=http:\\\\g><a href=http:\\x>", "http://g/ http://h/x " },
    { "<a href=///g/x><a href=////g><a href=http:///g>",
        "http://g/x http://g/ http://g/ " },
    { "<a href=https:g/x><a href=https:/g><a href=https:////g>",
        "https://g/x https://g/ https://g/ " },
    { "<a href='ht&#10;tp:/x'><a href=' \x01 /\t/g'>",
        "http://h/x http://g/ " },
    { "<a href=http:///><a href=///><a href=y>", "http://h/d/y " },
    { "<a href=mailto:a\\b><a href=x:///y>", "mailto:a%5Cb x:///y " },
    { "<base href=https://g/e/><a href=https:x><a href=http:x>",
        "https://g/e/x http://x/ " },
    { "<base href=\\e\\><a href=x>", "http://h/e/x " },
    { "<a href='http:&#9; '><a href='http: #'>",
        "http://h/d/p?q http://h/d/%20 " },
    { "<a href='x #y'><a href=' x '><a href=' #x'>",
        "http://h/d/x%20 http://h/d/x http://h/d/p?q " },
    // Letters beyond ASCII, in UTF-8 as everywhere
    { "<a href=caf\xc3\xa9?caf\xc3\xa9>", "http://h/d/caf%C3%A9?caf%C3%A9 " },
    { "<a href=caf\xe9?caf\xe9>", "http://h/d/caf%E9?caf%E9 " },
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

static const struct example xml_pages[] = {
    { "<a href='x'/><A HREF='y'/>", "http://h/d/x http://h/d/y " },
    { "<![CDATA[<a href=x>]]><a href='y'/>", "http://h/d/y " },
    { "<![CDATA[]]><a href='y'/>", "http://h/d/y " },
    { "<![CDATA[]>]]<a href=x>]]]><a href='y'/>", "http://h/d/y " },
    { "<![CDATA[<a href=x>", "" },
    { "<script src='a'/><a href='y'/>", "http://h/d/y " },
    { "<script async /><a href='y'/>", "http://h/d/y " },
    { "<title/><a href='y'/>", "http://h/d/y " },
    { "<title><a href='x'/></title><a href='y'/>",
        "http://h/d/x http://h/d/y " },
    { "<!-- <a href='x'/> --!> <a href='x'/> --><a href='y'/>",
        "http://h/d/y " },
    { "<!--><a href='x'/>--><a href='y'/>", "http://h/d/y " },
    { "<?a > <a href='x'/> ?><a href='y'/>", "http://h/d/y " },
    { "<?a <a href='x'/>", "" },
    { "<!DOCTYPE a [ <!ENTITY b \"<a href='x'/>\"> ]><a href='y'/>",
        "http://h/d/y " },
    { "<!DOCTYPE a><a href='y'/>", "http://h/d/y " },
    { "<!DOCTYPE a [", "" },
    { "<base href='/e/'/><a href='x&amp;y'/>", "http://h/e/x&y " },
    { "<?xml version='1.0' encoding='iso-8859-1'?><a href='caf\xe9'/>",
        "http://h/d/caf%C3%A9 " },
    { "<?xml version='1.0' encoding = \"utf-8\"?><a href='caf\xe9'/>",
        "http://h/d/caf%E9 " },
    { "<?xml encoding", "" },
};

// In iso-8859-1, which is windows-1252.
static const struct example latin_pages[] = {
    { "<a href=caf\xe9>", "http://h/d/caf%C3%A9 " },
    { "<a href=caf\xe9?caf\xe9#caf\xe9>", "http://h/d/caf%C3%A9?caf%E9 " },
    { "<a href=\x80\x81\xff?\x80\x81\xff>",
        "http://h/d/%E2%82%AC%C2%81%C3%BF?%80%81%FF " },
    { "<a href=caf%E9>", "http://h/d/caf%E9 " },
    { "<a href=caf&eacute;?caf&eacute;&euro;&#8364;>",
        "http://h/d/caf%C3%A9?caf%E9%80%80 " },
    { "<a href=&pi;?&pi;&#x1F600;&or;>",
        "http://h/d/%CF%80?%26%23960%3B%26%23128512%3B%26%238744%3B " },
    { "<a href=a&quest;\xe9>", "http://h/d/a?%E9 " },
    { "\xef\xbb\xbf<a href=caf\xc3\xa9>", "http://h/d/caf%C3%A9 " },
    { "<meta charset=utf-8><a href=caf\xe9>", "http://h/d/caf%C3%A9 " },
};

static const struct {
    const char *charset;
    const char *page;
    const char *wanted;
} charsets[] = {
    { "ISO-8859-1", "<a href=\xe9>", "http://h/d/%C3%A9 " },
    { "Windows-1252", "<a href=\xe9>", "http://h/d/%C3%A9 " },
    { "latin1", "<a href=\xe9>", "http://h/d/%C3%A9 " },
    { "us-ascii", "<a href=\xe9>", "http://h/d/%C3%A9 " },
    { "UTF-8", "<a href=\xe9>", "http://h/d/%E9 " },
    { "koi8-r", "<a href=\xe9?\xe9&eacute;>", "http://h/d/%E9?%E9%C3%A9 " },
    { "grass", "<a href=\xe9>", "http://h/d/%E9 " },
    { "utf-16", "<a href=x>", "unreadable" },
    { "UTF-16LE", "<a href=x>", "unreadable" },
    { "utf-32", "<a href=x>", "unreadable" },
    { "utf-7", "<a href=x>", "unreadable" },
    { "ISO-2022-JP", "<a href=x>", "unreadable" },
    { "", "\xff\xfe<a href=x>", "unreadable" },
    { "utf-8", "\xfe\xff<a href=x>", "unreadable" },
    { "utf-16", "\xef\xbb\xbf<a href=x>", "http://h/d/x " },
    // The page's own declaration
    { "", "<meta charset=iso-8859-1><a href=\xe9>", "http://h/d/%C3%A9 " },
    { "", "<p><META x charset='latin1'/><a href=\xe9>", "http://h/d/%C3%A9 " },
    { "",
        "<meta http-equiv=Content-Type content='text/html; charset = "
        "\"iso-8859-1\"'><a href=\xe9>",
        "http://h/d/%C3%A9 " },
    { "", "<!--<meta charset=latin1>--><a href=\xe9>", "http://h/d/%E9 " },
    { "", "<script><meta charset=latin1></script><a href=\xe9>",
        "http://h/d/%E9 " },
    { "", "<meta charset=utf-8><meta charset=latin1><a href=\xe9>",
        "http://h/d/%E9 " },
    { "", "<meta content='charset'><meta content=charset=><a href=\xe9>",
        "http://h/d/%E9 " },
    // The declaration was readable, so the page cannot be UTF-16.
    { "", "<meta charset=utf-16><a href=\xe9>", "http://h/d/%E9 " },
};

START_TEST(finds_links)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        check_links("text/html", "", &pages[i]);
    for (size_t i = 0; i < sizeof(xml_pages) / sizeof(xml_pages[0]); i++) {
        check_links("application/xml", "", &xml_pages[i]);
        check_links("Application/XHTML+XML", "", &xml_pages[i]);
    }
    for (size_t i = 0; i < sizeof(latin_pages) / sizeof(latin_pages[0]); i++)
        check_links("text/html", "iso-8859-1", &latin_pages[i]);
}
END_TEST

START_TEST(knows_charsets)
{
    check_links("text/html", charsets[_i].charset,
        &(struct example){ charsets[_i].page, charsets[_i].wanted });
}
END_TEST

START_TEST(notices_utf16_without_a_mark)
{
    static const char little[] = "<\0a\0 \0h\0r\0e\0f\0";
    static const char big[] = "\0<\0a\0 \0h\0r\0e\0f";
    static const char nuls[] = "\0<a href=x>";
    char *found = find_links(little, sizeof(little) - 1);

    ck_assert_str_eq(found, "unreadable");
    free(found);
    found = find_links(big, sizeof(big) - 1);
    ck_assert_str_eq(found, "unreadable");
    free(found);
    found = find_links(nuls, sizeof(nuls) - 1);
    ck_assert_str_eq(found, "http://h/d/x ");
    free(found);
}
END_TEST

// A page must declare its charset in its first bytes.
START_TEST(looks_for_a_charset_at_the_beginning_only)
{
    char page[2048];

    for (int within = 0; within < 2; within++) {
        memset(page, ' ', sizeof(page));
        memcpy(page + (within ? 1000 : 1003), "<meta charset=latin1>", 21);
        memcpy(page + 1900, "<a href=\xe9>", 11);
        if (!within)
            memcpy(page + 1024 - 21 + 1, "<meta charset=latin1>", 21);
        char *found = find_links(page, sizeof(page));
        ck_assert_str_eq(
            found, within ? "http://h/d/%C3%A9 " : "http://h/d/%E9 ");
        free(found);
    }
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

// Each page, cut off at each of its bytes.
START_TEST(survives_cuts)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        for (size_t n = strlen(pages[i].page); n > 0; n--) {
            free(find_links(pages[i].page, n - 1));
            free(find_links_in("text/xml", "latin1", pages[i].page, n - 1));
        }
    }
    for (size_t i = 0; i < sizeof(xml_pages) / sizeof(xml_pages[0]); i++) {
        for (size_t n = strlen(xml_pages[i].page); n > 0; n--)
            free(find_links_in("text/xml", "", xml_pages[i].page, n - 1));
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
    // The most bytes that are read of a link, with and without entities: too
    // long for a URL, but the next link is found.
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
    // A long link may be a short URL.
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

    must(page != NULL);
    for (size_t i = 0; i < count; i++)
        memcpy(page + i * n, text, n);
    return page;
}

// Does any repeated text take quadratic time? Then the test would take hours:
// its time limit is the assertion.
START_TEST(takes_linear_time)
{
    static const char *const units[] = { "<", "<!", "<!-", "<!--", "<!---",
        "<?", "</", "</a", "</a ", "<a", "<a ", "<a=", "<a href",
        "<a href=", "<a href=\"", "<a href='", "<a href=\"'", "<a href=&",
        "<a href='&#", "&#1", "<script", "<script>", "<script></script",
        "<script><", "<title><", "<style></", "<![CDATA[", "<![CDATA[]",
        "<![CDATA[>", "<svg><![CDATA[", "<svg><![CDATA[>", "<svg>",
        "<math><mi>", "</svg", "<svg></p>", "<script><!--",
        "<script><!--<script>", "<!--<script", "<?", "<!DOCTYPE [",
        "<meta content='charset", "&#x", "<a href=&eacute", "<!-->", "<!-- >",
        "<base href=//", ">", "\"", " ", "/" };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i]);
        char *page = repeat(units[i], 300000);
        free(find_links(page, 300000 * n));
        free(find_links_in("text/xml", "latin1", page, 300000 * n));
        free(page);
    }
}
END_TEST

// --- Mutations ---------------------------------------------------------------

// Two pages of the table, one behind the other, with a few random bytes.
START_TEST(survives_mutations)
{
    static const char bytes[] = "<>!-/=\"'& #;xa[]?";
    size_t count = sizeof(pages) / sizeof(pages[0]);
    uint32_t seed = 1866;

    for (int round = 0; round < 5000; round++) {
        const char *a = pages[random_next(&seed) % count].page;
        const char *b = pages[random_next(&seed) % count].page;
        char text[512];
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
        free(find_links_in("text/xml", "latin1", text, len));
    }
}
END_TEST

static Suite *links_suite(void)
{
    Suite *suite = suite_create("links");
    TCase *tcase = tcase_create("links");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, finds_links);
    tcase_add_loop_test(tcase, knows_charsets, 0,
        (int)(sizeof(charsets) / sizeof(charsets[0])));
    tcase_add_test(tcase, notices_utf16_without_a_mark);
    tcase_add_test(tcase, looks_for_a_charset_at_the_beginning_only);
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
