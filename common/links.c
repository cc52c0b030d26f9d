// links.c - just enough of HTML's tokenizer to find every href.
//
// A page is text with tags in it, and with stretches where what looks like a
// tag is none:
//
//     text <a href="x">  <!-- ... -->  <script> ... </script>
//
// links->at only ever moves forward, and nothing that was searched in vain is
// searched again: whatever lacks its end swallows the rest of the page, as it
// does in a browser. That is what keeps the time linear.
//
// The states are those of the HTML standard, section 13.2.5, and a link is
// found exactly where a browser finds the tag, except where this list says
// otherwise:
//
//   <noscript>        Its content is read: no script runs here, which is the
//                     case that the element is for.
//   <template>        Its content is read: scripts put it into the page, and so
//                     do shadow roots.
//   <select>, frames  Some parsers drop tags in them. Here they count.
//   <svg>, <math>     Their elements are tracked as far as it takes to know
//                     where <style> is text and CDATA is a section. An end tag
//                     that HTML would close around an <svg> without an end is
//                     known only if its start tag could not stand in one.
//   XML pages         Names of attributes are compared as in HTML, a tag need
//                     not be well formed, and an internal DTD is passed over:
//                     a page that a browser refuses still leads somewhere.

#include "links.h"

#include "entities.h"
#include "errors.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct tag {
    struct slice name;
    struct slice href; // raw; absent: .at is NULL
    struct slice charset; // of a <meta>; raw
    struct slice content;
    bool empty; // ended in "/>"
    bool is_html; // not one of SVG or MathML
};

static bool is_letter(char c)
{
    c = ascii_lower(c);
    return c >= 'a' && c <= 'z';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

#define COUNT(names) (sizeof(names) / sizeof(*(names)))

// --- Moving on ---------------------------------------------------------------

static size_t bytes_left(const struct links *links)
{
    return (size_t)(links->end - links->at);
}

static bool starts_with(const struct links *links, const char *text)
{
    size_t n = strlen(text);

    return bytes_left(links) >= n && memcmp(links->at, text, n) == 0;
}

// Moves to the next c, or to the end of the page.
static void skip_to(struct links *links, char c)
{
    const char *found = NULL;

    if (links->at < links->end)
        found = memchr(links->at, c, bytes_left(links));
    links->at = found != NULL ? found : links->end;
}

// Moves behind the next c, or to the end of the page.
static void skip_past(struct links *links, char c)
{
    skip_to(links, c);
    if (links->at < links->end)
        links->at++;
}

static void skip_spaces(struct links *links)
{
    while (links->at < links->end && is_space(*links->at))
        links->at++;
}

// Does the text from `start` to `at` end in `ending`?
static bool ends_in(const char *start, const char *at, const char *ending)
{
    size_t n = strlen(ending);

    return (size_t)(at - start) >= n && memcmp(at - n, ending, n) == 0;
}

// --- What is no tag ----------------------------------------------------------

// "<!-->" and "<!--->" are complete comments: the dashes serve twice. They do
// not where the end is "--!>", and XML knows neither.
static void skip_comment(struct links *links)
{
    const char *dashes = links->at + strlen("<!");
    const char *inside = dashes + strlen("--");

    links->at = inside;
    do
        skip_past(links, '>');
    while (links->at < links->end
        && !ends_in(links->is_xml ? inside : dashes, links->at, "-->")
        && (links->is_xml || !ends_in(inside, links->at, "--!>")));
}

// Skips what starts with `start` and ends in `ending`, which itself ends in
// '>'.
static void skip_section(
    struct links *links, const char *start, const char *ending)
{
    const char *inside = links->at + strlen(start);

    links->at = inside;
    do
        skip_past(links, '>');
    while (links->at < links->end && !ends_in(inside, links->at, ending));
}

// "<!DOCTYPE x [ ... ]>" of XML, in whose brackets anything may stand.
static void skip_doctype(struct links *links)
{
    while (links->at < links->end && *links->at != '[' && *links->at != '>')
        links->at++;
    if (links->at < links->end && *links->at == '[')
        skip_to(links, ']');
    skip_past(links, '>');
}

static bool has_cdata(const struct links *links);

// At "<!" or "<?": moves behind whatever it is.
static void skip_markup(struct links *links)
{
    static const char cdata[] = "<![CDATA[";

    if (starts_with(links, "<!--"))
        skip_comment(links);
    else if (has_cdata(links) && starts_with(links, cdata))
        skip_section(links, cdata, "]]>");
    else if (links->is_xml && starts_with(links, "<?"))
        skip_section(links, "<?", "?>");
    else if (links->is_xml)
        skip_doctype(links);
    else
        skip_past(links, '>'); // a doctype, or what counts as a comment
}

// --- Tags --------------------------------------------------------------------

// Reads what stands behind an attribute's "=". A value that the page ends in
// is not worth anything, as its tag has no end either.
static struct slice scan_value(struct links *links)
{
    skip_spaces(links);
    if (links->at == links->end)
        return (struct slice){ links->at, 0 };

    const char *start = links->at;
    if (*start == '"' || *start == '\'') {
        links->at = ++start;
        skip_to(links, start[-1]);
        struct slice value = { start, (size_t)(links->at - start) };
        if (links->at < links->end)
            links->at++;
        return value;
    }
    while (links->at < links->end && !is_space(*links->at) && *links->at != '>')
        links->at++;
    return (struct slice){ start, (size_t)(links->at - start) };
}

// Returns false at the ">" of the tag or at the end of the page. An attribute
// without a value has an empty one.
static bool next_attribute(
    struct links *links, struct slice *name, struct slice *value)
{
    while (
        links->at < links->end && (is_space(*links->at) || *links->at == '/'))
        links->at++;
    if (links->at == links->end || *links->at == '>')
        return false;

    const char *start = links->at++; // even if it is a '='
    while (links->at < links->end && !is_space(*links->at) && *links->at != '/'
           && *links->at != '>' && *links->at != '=')
        links->at++;
    *name = (struct slice){ start, (size_t)(links->at - start) };

    skip_spaces(links);
    *value = (struct slice){ links->at, 0 };
    if (links->at < links->end && *links->at == '=') {
        links->at++;
        *value = scan_value(links);
    }
    return true;
}

// The first of several attributes of a name counts.
static void keep(struct slice *kept, const char *wanted, struct slice name,
    struct slice value)
{
    if (kept->at == NULL && slice_like(name, wanted))
        *kept = value;
}

// Reads a tag from its name on. Returns false if the page ends within it.
static bool scan_tag(struct links *links, struct tag *tag)
{
    const char *start = links->at;
    struct slice name;
    struct slice value;

    while (links->at < links->end && !is_space(*links->at) && *links->at != '/'
           && *links->at != '>')
        links->at++;
    *tag = (struct tag){ .name = { start, (size_t)(links->at - start) } };

    const char *behind = links->at;
    while (next_attribute(links, &name, &value)) {
        keep(&tag->href, "href", name, value);
        keep(&tag->charset, "charset", name, value);
        keep(&tag->content, "content", name, value);
        behind = links->at;
    }
    if (links->at == links->end)
        return false;
    // Only a slash that is not part of a value counts.
    tag->empty = links->at > behind && links->at[-1] == '/';
    links->at++;
    return true;
}

// --- What is text ------------------------------------------------------------

static bool at_tag(
    const struct links *links, const char *start, const char *name)
{
    size_t n = strlen(start);
    struct slice found = { links->at + n, strlen(name) };

    if (bytes_left(links) <= n + found.len || !starts_with(links, start))
        return false;
    char behind = found.at[found.len];
    return slice_like(found, name)
        && (is_space(behind) || behind == '/' || behind == '>');
}

// The content of these elements is text up to their own end tag, whatever it
// looks like. Moves to that end tag.
static void skip_text(struct links *links, const char *name)
{
    for (skip_to(links, '<'); links->at < links->end; skip_to(links, '<')) {
        if (at_tag(links, "</", name))
            return;
        links->at++;
    }
}

// In a script, "<!--" hides a whole <script> ... </script>, which were once
// written so; "-->" ends that. Moves to the end tag of the script.
static void skip_script(struct links *links)
{
    const char *comment = NULL; // where its dashes are
    bool doubly = false; // within a <script> in it

    for (; links->at < links->end; links->at++) {
        if (*links->at == '>') {
            if (comment != NULL && ends_in(comment, links->at + 1, "-->"))
                comment = NULL;
            doubly = doubly && comment != NULL;
        } else if (*links->at != '<') {
            continue;
        } else if (comment == NULL && starts_with(links, "<!--")) {
            comment = links->at + strlen("<!");
        } else if (at_tag(links, "</", "script")) {
            if (!doubly)
                return;
            doubly = false;
        } else if (comment != NULL && at_tag(links, "<", "script")) {
            doubly = true;
        }
    }
}

// Behind a start tag: skips what is no markup.
static void skip_raw_text(struct links *links, struct slice name)
{
    static const char *const raw[] = { "style", "textarea", "title", "xmp",
        "iframe", "noembed", "noframes" };

    if (slice_like(name, "script"))
        skip_script(links);
    else if (slice_like(name, "plaintext"))
        links->at = links->end;
    for (size_t i = 0; i < COUNT(raw); i++) {
        if (slice_like(name, raw[i]))
            skip_text(links, raw[i]);
    }
}

// --- SVG and MathML ----------------------------------------------------------

// In them no element is text. Those from POINTS on contain HTML again; the last
// two are elements that only share their names with the first two.
static const char *const foreign[] = { "svg", "math", "foreignobject", "desc",
    "title", "mi", "mo", "mn", "ms", "mtext", "math", "svg" };

enum { SVG, MATH, POINTS, MATH_POINTS = 5, MATH_IN_SVG = 10, SVG_IN_MATH };

// What surrounds the place where we are: SVG, MATH, or POINTS for HTML.
static int surroundings(const struct links *links)
{
    int top = links->num_foreign > 0 ? links->foreign[links->num_foreign - 1]
                                     : POINTS;

    if (top == MATH_IN_SVG)
        return SVG;
    if (top == SVG_IN_MATH)
        return MATH;
    return top < POINTS ? top : POINTS;
}

static bool is_foreign(const struct links *links)
{
    return surroundings(links) != POINTS;
}

static bool has_cdata(const struct links *links)
{
    return links->is_xml || is_foreign(links) || links->at_point;
}

// HTML's own elements: such a tag in an <svg> means that its end is missing.
static bool breaks_out(struct slice name)
{
    static const char *const names[] = { "b", "big", "blockquote", "body", "br",
        "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2",
        "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing",
        "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span",
        "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var" };

    return slice_is_one_of(name, names, COUNT(names));
}

static void break_out(struct links *links)
{
    while (is_foreign(links))
        links->num_foreign--;
}

// Which row of the table a start tag opens in these surroundings; -1: none.
static int kind_of(struct slice name, int around)
{
    int first = around == MATH ? MATH_POINTS : POINTS;
    int last = around == MATH ? MATH_IN_SVG : MATH_POINTS;

    for (int i = first; around != POINTS && i < last; i++) {
        if (slice_like(name, foreign[i]))
            return i;
    }
    if (slice_like(name, "svg"))
        return around == MATH ? SVG_IN_MATH : SVG;
    if (slice_like(name, "math"))
        return around == SVG ? MATH_IN_SVG : MATH;
    return -1;
}

// At a start tag. Returns whether the element is one of HTML's.
static bool enter(struct links *links, const struct tag *tag)
{
    if (is_foreign(links) && breaks_out(tag->name))
        break_out(links);
    bool is_html = !is_foreign(links);
    int kind = kind_of(tag->name, surroundings(links));
    links->at_point = false;
    if (kind == -1 || tag->empty || links->num_foreign == LINKS_MAX_FOREIGN)
        return is_html && kind == -1;
    links->foreign[links->num_foreign++] = (unsigned char)kind;
    links->at_point = kind >= POINTS && kind < MATH_IN_SVG;
    return false;
}

static void leave(struct links *links, struct slice name)
{
    if (is_foreign(links) && breaks_out(name))
        break_out(links);
    for (int i = links->num_foreign; i > 0; i--) {
        if (slice_like(name, foreign[links->foreign[i - 1]])) {
            links->num_foreign = i - 1;
            links->at_point = false;
            return;
        }
    }
}

// --- Finding tags ------------------------------------------------------------

// At "</": moves behind the end tag.
static void skip_end_tag(struct links *links)
{
    struct tag tag;

    links->at += strlen("</");
    if (links->at == links->end || !is_letter(*links->at))
        skip_past(links, '>');
    else if (scan_tag(links, &tag))
        leave(links, tag.name);
}

// Finds the next start tag and reads it. False at the end of the page.
static bool next_tag(struct links *links, struct tag *tag)
{
    for (skip_to(links, '<'); links->at < links->end; skip_to(links, '<')) {
        char c = bytes_left(links) > 1 ? links->at[1] : '\0';
        if (c == '!' || c == '?') {
            skip_markup(links);
        } else if (c == '/') {
            skip_end_tag(links);
        } else if (is_letter(c)) {
            links->at++;
            if (!scan_tag(links, tag))
                return false;
            tag->is_html = links->is_xml || enter(links, tag);
            if (tag->is_html && !links->is_xml)
                skip_raw_text(links, tag->name);
            return true;
        } else {
            links->at++; // a "<" of the text
        }
    }
    return false;
}

// --- What the bytes mean -----------------------------------------------------

// The word behind `name`, "=" and perhaps a quote in `text`; absent if there is
// none.
static struct slice word_behind(struct slice text, const char *name)
{
    size_t n = strlen(name);
    size_t i = 0;

    while (i + n <= text.len
        && !slice_like((struct slice){ text.at + i, n }, name))
        i++;
    if (i + n > text.len)
        return (struct slice){ 0 };
    for (i += n; i < text.len && is_space(text.at[i]); i++)
        ;
    if (i == text.len || text.at[i] != '=')
        return (struct slice){ 0 };
    for (i++; i < text.len
         && (is_space(text.at[i]) || text.at[i] == '"' || text.at[i] == '\'');
         i++)
        ;
    struct slice word = { text.at + i, 0 };
    while (i + word.len < text.len && !is_space(word.at[word.len])
        && strchr("\"';?>", word.at[word.len]) == NULL)
        word.len++;
    return word;
}

// Where a page says its charset itself, it does so in its first 1,024 bytes.
static struct slice find_charset(const struct links *links)
{
    size_t n = bytes_left(links) < 1024 ? bytes_left(links) : 1024;
    struct links head = { .at = links->at,
        .end = n > 0 ? links->at + n : links->at,
        .is_xml = links->is_xml };
    struct slice found = { 0 };
    struct tag tag;

    if (starts_with(&head, "<?xml")) {
        const char *end = memchr(head.at, '>', n);
        size_t len = end != NULL ? (size_t)(end - head.at) : 0;
        found = word_behind((struct slice){ head.at, len }, "encoding");
    }
    while (found.len == 0 && next_tag(&head, &tag)) {
        if (!slice_like(tag.name, "meta"))
            continue;
        found = tag.charset.len > 0 ? tag.charset
                                    : word_behind(tag.content, "charset");
    }
    // As found in bytes that could be read, these are certainly wrong.
    return charset_of(found, (struct slice){ 0 }) == CHARSET_UNREADABLE
        ? (struct slice){ 0 }
        : found;
}

// Returns the number of bytes written, at most 4.
static size_t put_utf8(char *out, unsigned long code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

// A query goes to a program that expects the page's own charset. A character
// that windows-1252 does not have is sent as browsers do: as a reference,
// escaped.
static size_t put_1252(char *out, unsigned long code)
{
    int byte = charset_to_1252(code);

    if (byte < 0)
        return (size_t)sprintf(out, "%%26%%23%lu%%3B", code);
    out[0] = (char)byte;
    return 1;
}

// At most so many bytes become of one byte of an href; "&or;" becomes 13.
enum { MOST_A_BYTE = 4 };

// Writes the characters of `raw`, without its fragment, and returns how many
// bytes they take.
static size_t decode(const struct links *links, char *out, struct slice raw)
{
    bool in_query = false;
    size_t len = 0;
    size_t n;

    for (size_t i = 0; i < raw.len; i += n) {
        unsigned char byte = (unsigned char)raw.at[i];
        unsigned long code = byte;
        n = 0;
        if (byte == '&')
            n = entity_scan((struct slice){ raw.at + i, raw.len - i }, &code);
        bool is_byte = n == 0;
        n += is_byte;
        if (code == '#') { // a blank before it is no blank at the end
            out[len++] = '#';
            break;
        }
        in_query = in_query || code == '?';
        if (is_byte && (in_query || links->charset != CHARSET_1252))
            out[len++] = (char)byte;
        else if (in_query && links->charset == CHARSET_1252)
            len += put_1252(out + len, code);
        else
            len += put_utf8(out + len, is_byte ? charset_1252(byte) : code);
    }
    assert(len <= MOST_A_BYTE * raw.len);
    return len;
}

// --- References as browsers read them ----------------------------------------

// Drops what never counts, so that what is left can be looked at.
static size_t clean(char *text, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        bool leads = kept == 0 && (unsigned char)text[i] <= ' ';
        if (!leads && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
            text[kept++] = text[i];
    }
    while (kept > 0 && (unsigned char)text[kept - 1] <= ' ')
        kept--;
    return kept;
}

// Rewrites a reference that browsers understand (the URL standard's "special
// authority slashes" and their neighbours) as RFC 3986 has it, which is what
// url.c reads. `text` has room for two bytes more. Returns the new length.
static size_t rewrite(const struct url *base, char *text, size_t len)
{
    struct slice scheme = { text, 0 };
    scheme.len = url_scheme_length((struct slice){ text, len });
    size_t n = scheme.len > 0 ? scheme.len + 1 : 0; // with its colon
    bool secure = slice_like(scheme, "https");
    bool same = n == 0 || secure == (base->scheme == URL_HTTPS);
    size_t slashes = 0;

    if (n > 0 && !secure && !slice_like(scheme, "http"))
        return len;
    for (size_t i = n; i < len && text[i] != '?'; i++) {
        if (text[i] == '\\')
            text[i] = '/';
    }
    while (n + slashes < len && text[n + slashes] == '/')
        slashes++;

    const char *begin = same ? "" : "//"; // what goes in place of the slashes
    size_t from = n + slashes; // what is kept behind it
    size_t to = same ? 0 : n; // how much is kept of the scheme
    if (same && slashes >= 2) {
        begin = "//";
        to = n;
    } else if (same && slashes == 1) {
        begin = "/";
    } else if (same && n > 0 && from < len && text[from] != '?'
        && text[from] != '#') {
        begin = "./"; // or "http:a:b" would become a scheme
    }
    memmove(text + to + strlen(begin), text + from, len - from);
    memcpy(text + to, begin, strlen(begin));
    return to + strlen(begin) + (len - from);
}

// --- The links ---------------------------------------------------------------

static int resolve(
    const struct links *links, struct slice href, struct url *link)
{
    // Before anything is allocated: some pages carry megabytes in "data:".
    if (href.len > 3 * URL_MAX)
        return -ENAMETOOLONG;

    char *text = malloc(MOST_A_BYTE * href.len + 16);
    if (text == NULL)
        return -ENOMEM;
    size_t len = decode(links, text, href);
    len = clean(text, len);
    len = rewrite(&links->base, text, len);
    int error = url_resolve(link, &links->base, text, len);
    free(text);
    return error;
}

int links_init(struct links *links, const struct url *page_url,
    struct slice type, struct slice charset, const char *page, size_t n)
{
    static const char xml[] = "xml";
    size_t len = strlen(xml);

    *links = (struct links){
        .at = page,
        .end = n > 0 ? page + n : page, // NULL + 0 is undefined
    };
    if (type.len >= len)
        links->is_xml =
            slice_like((struct slice){ type.at + type.len - len, len }, xml);
    if (charset.len == 0)
        charset = find_charset(links);
    links->charset = charset_of(charset, (struct slice){ page, n });
    if (links->charset == CHARSET_UNREADABLE)
        return ERROR_CHARSET;
    return url_resolve(&links->base, page_url, "", 0);
}

bool links_next(struct links *links, struct url *link)
{
    struct tag tag;

    while (next_tag(links, &tag)) {
        if (tag.href.at == NULL)
            continue;
        bool is_base = slice_like(tag.name, "base") && tag.is_html;
        if (is_base && links->base_seen)
            continue;
        int error = resolve(links, tag.href, link);
        if (error == -ENOMEM) {
            links->out_of_memory = true;
            links->at = links->end;
            return false;
        }
        if (is_base) {
            // Even a useless one was the first.
            links->base_seen = true;
            if (error == 0 && link->scheme != URL_OTHER) {
                url_free(&links->base);
                links->base = *link;
            } else {
                url_free(link);
            }
        } else if (error == 0) {
            return true;
        }
    }
    return false;
}

void links_free(struct links *links)
{
    url_free(&links->base);
    *links = (struct links){ 0 };
}
