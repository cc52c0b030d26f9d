// links.c - as much of HTML's tokenizer as is needed to find every href.
//
// A page consists of text and tags, and of parts in which text that looks like
// a tag is not a tag:
//
//     text <a href="x">  <!-- ... -->  <script> ... </script>
//
// links->at only moves forward. An unfinished comment, tag or element extends
// to the end of the page, as in a browser, and only the first 1,024 bytes, in
// which find_charset() looks for a charset, are searched twice: so the time is
// linear.
//
// The states are those of the HTML standard, section 13.2.5. A link is found
// exactly where a browser finds the tag, with these exceptions:
//
//   <noscript>        The content is read: no scripts run here.
//   <template>        The content is read: a script or a shadow root may add it
//                     to the page.
//   <select>, frames  Tags inside are read, although some parsers drop them.
//   <svg>, <math>     Elements are tracked only to know where <style> is text
//                     and where CDATA sections exist. An HTML end tag closes an
//                     unfinished <svg> only if a start tag of that name would,
//                     too (see breaks_out()). The standard's rules for <font
//                     color>, <font face>, <font size> and <annotation-xml
//                     encoding> are left out.
//   XML pages         Attribute names are compared as in HTML, a tag need not
//                     be well formed, and an internal DTD is skipped: even a
//                     page that a browser refuses has links.

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
    struct slice content; // of a <meta>; raw
    bool empty; // ends in "/>"
    bool is_html; // not an element of SVG or MathML
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

// Moves to the next `c`, or to the end of the page.
static void skip_to(struct links *links, char c)
{
    const char *found = NULL;

    if (links->at < links->end)
        found = memchr(links->at, c, bytes_left(links));
    links->at = found != NULL ? found : links->end;
}

// Moves past the next `c`, or to the end of the page.
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

// --- Comments, sections, doctypes --------------------------------------------

// In HTML, "<!-->" and "<!--->" are complete comments: the same dashes begin
// and end the comment. A comment may also end in "--!>", but then with dashes
// of its own. XML has none of these forms.
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

// Skips a section that starts with `start` and ends with `ending`. The last
// character of `ending` is '>'.
static void skip_section(
    struct links *links, const char *start, const char *ending)
{
    const char *inside = links->at + strlen(start);

    links->at = inside;
    do
        skip_past(links, '>');
    while (links->at < links->end && !ends_in(inside, links->at, ending));
}

// Skips "<!DOCTYPE x [ ... ]>" of XML. The first "]" ends the bracketed part,
// even inside a quoted value or a comment.
static void skip_doctype(struct links *links)
{
    while (links->at < links->end && *links->at != '[' && *links->at != '>')
        links->at++;
    if (links->at < links->end && *links->at == '[')
        skip_to(links, ']');
    skip_past(links, '>');
}

static bool has_cdata(const struct links *links);

// At "<!" or "<?": skips the comment, section or doctype.
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
        skip_past(links, '>'); // a doctype, or a "bogus comment"
}

// --- Tags --------------------------------------------------------------------

// Reads the value after an attribute's "=". At the end of the page the value is
// incomplete, and scan_tag() will reject the whole tag.
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

// Reads the next attribute; without "=", the value is empty. Returns false at
// the ">" of the tag or at the end of the page.
static bool next_attribute(
    struct links *links, struct slice *name, struct slice *value)
{
    while (
        links->at < links->end && (is_space(*links->at) || *links->at == '/'))
        links->at++;
    if (links->at == links->end || *links->at == '>')
        return false;

    const char *start = links->at++; // a leading '=' belongs to the name
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

// Keeps the value of an attribute with the wanted name, but only the first
// value.
static void keep_first(struct slice *kept, const char *wanted,
    struct slice name, struct slice value)
{
    if (kept->at == NULL && slice_like(name, wanted))
        *kept = value;
}

// Reads a tag, starting at the name. Returns false if the page ends first.
static bool scan_tag(struct links *links, struct tag *tag)
{
    const char *start = links->at;
    struct slice name;
    struct slice value;

    while (links->at < links->end && !is_space(*links->at) && *links->at != '/'
           && *links->at != '>')
        links->at++;
    *tag = (struct tag){ .name = { start, (size_t)(links->at - start) } };

    const char *attributes_end = links->at;
    while (next_attribute(links, &name, &value)) {
        keep_first(&tag->href, "href", name, value);
        keep_first(&tag->charset, "charset", name, value);
        keep_first(&tag->content, "content", name, value);
        attributes_end = links->at;
    }
    if (links->at == links->end)
        return false;
    // A slash at the end of an unquoted value belongs to the value.
    tag->empty = links->at > attributes_end && links->at[-1] == '/';
    links->at++;
    return true;
}

// --- Elements that contain plain text ----------------------------------------

// Is a tag with this name next? `start` is "<" or "</".
static bool at_tag(
    const struct links *links, const char *start, const char *name)
{
    size_t n = strlen(start);
    struct slice found = { links->at + n, strlen(name) };

    if (bytes_left(links) <= n + found.len || !starts_with(links, start))
        return false;
    char next = found.at[found.len];
    return slice_like(found, name)
        && (is_space(next) || next == '/' || next == '>');
}

// Moves to the next end tag with this name: everything before is text.
static void skip_text(struct links *links, const char *name)
{
    for (skip_to(links, '<'); links->at < links->end; skip_to(links, '<')) {
        if (at_tag(links, "</", name))
            return;
        links->at++;
    }
}

// Moves to the end tag of the script. Between "<!--" and "-->" a script may
// contain a whole <script> ... </script>, and the inner end tag does not count
// (the standard's "script data double escaped state").
static void skip_script(struct links *links)
{
    const char *comment = NULL; // the dashes of "<!--", while inside a comment
    bool in_inner_script = false; // in a <script> inside the comment

    for (; links->at < links->end; links->at++) {
        if (*links->at == '>') {
            if (comment != NULL && ends_in(comment, links->at + 1, "-->"))
                comment = NULL;
            in_inner_script = in_inner_script && comment != NULL;
        } else if (*links->at != '<') {
            continue;
        } else if (comment == NULL && starts_with(links, "<!--")) {
            comment = links->at + strlen("<!");
        } else if (at_tag(links, "</", "script")) {
            if (!in_inner_script)
                return;
            in_inner_script = false;
        } else if (comment != NULL && at_tag(links, "<", "script")) {
            in_inner_script = true;
        }
    }
}

// After a start tag: skips the content of an element that contains plain text.
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

// In SVG and MathML no element is plain text: even <style> may contain tags.
// links->foreign holds indices into this table:
//
//     SVG, MATH            <svg> or <math> in HTML
//     SVG_POINTS to 4      integration points of SVG: they contain HTML again
//     MATH_POINTS to 9     integration points of MathML
//     MATH_IN_SVG          a <math> inside <svg>: just an unknown SVG element
//     SVG_IN_MATH          an <svg> inside <math>: an unknown MathML element
static const char *const foreign_names[] = { "svg", "math", "foreignobject",
    "desc", "title", "mi", "mo", "mn", "ms", "mtext", "math", "svg" };

enum {
    SVG,
    MATH,
    SVG_POINTS,
    MATH_POINTS = 5,
    MATH_IN_SVG = 10,
    SVG_IN_MATH,
    HTML,
    NOT_FOREIGN,
};

// The language at the current place: SVG, MATH or HTML.
static int surroundings(const struct links *links)
{
    int top = links->num_foreign > 0 ? links->foreign[links->num_foreign - 1]
                                     : HTML;

    if (top == SVG || top == MATH_IN_SVG)
        return SVG;
    if (top == MATH || top == SVG_IN_MATH)
        return MATH;
    return HTML;
}

static bool is_foreign(const struct links *links)
{
    return surroundings(links) != HTML;
}

static bool has_cdata(const struct links *links)
{
    return links->is_xml || is_foreign(links) || links->in_integration_point;
}

// Does this HTML tag inside an <svg> or <math> mean that the end tag of the
// <svg> or <math> is missing? (The list is the standard's, without <font>.)
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

// The row of the table for a start tag in these surroundings, or NOT_FOREIGN.
static int kind_of(struct slice name, int around)
{
    int first = around == MATH ? MATH_POINTS : SVG_POINTS;
    int last = around == MATH ? MATH_IN_SVG : MATH_POINTS;

    for (int i = first; around != HTML && i < last; i++) {
        if (slice_like(name, foreign_names[i]))
            return i;
    }
    if (slice_like(name, "svg"))
        return around == MATH ? SVG_IN_MATH : SVG;
    if (slice_like(name, "math"))
        return around == SVG ? MATH_IN_SVG : MATH;
    return NOT_FOREIGN;
}

// Updates the stack of foreign elements at a start tag. Returns true if the tag
// is an element of HTML.
static bool enter(struct links *links, const struct tag *tag)
{
    if (is_foreign(links) && breaks_out(tag->name))
        break_out(links);
    bool is_html = !is_foreign(links);
    int kind = kind_of(tag->name, surroundings(links));
    links->in_integration_point = false;
    if (kind == NOT_FOREIGN || tag->empty
        || links->num_foreign == LINKS_MAX_FOREIGN)
        return is_html && kind == NOT_FOREIGN;
    links->foreign[links->num_foreign++] = (unsigned char)kind;
    links->in_integration_point = kind >= SVG_POINTS && kind < MATH_IN_SVG;
    return false;
}

// Updates the stack of foreign elements at an end tag.
static void leave(struct links *links, struct slice name)
{
    if (is_foreign(links) && breaks_out(name))
        break_out(links);
    for (int i = links->num_foreign; i > 0; i--) {
        if (slice_like(name, foreign_names[links->foreign[i - 1]])) {
            links->num_foreign = i - 1;
            links->in_integration_point = false;
            return;
        }
    }
}

// --- Finding tags ------------------------------------------------------------

// At "</": skips the end tag.
static void skip_end_tag(struct links *links)
{
    struct tag tag;

    links->at += strlen("</");
    if (links->at == links->end || !is_letter(*links->at))
        skip_past(links, '>');
    else if (scan_tag(links, &tag))
        leave(links, tag.name);
}

// Finds and reads the next start tag. Returns false at the end of the page.
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
            links->at++; // a "<" in the text
        }
    }
    return false;
}

// --- Charsets ----------------------------------------------------------------

// Finds "name=word" or "name='word'" in `text`, and returns the word; absent if
// there is none.
static struct slice word_after(struct slice text, const char *name)
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

// Finds the charset declared by the page itself, within the first 1,024 bytes
// as the HTML standard demands.
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
        found = word_after((struct slice){ head.at, len }, "encoding");
    }
    while (found.len == 0 && next_tag(&head, &tag)) {
        if (!slice_like(tag.name, "meta"))
            continue;
        found = tag.charset.len > 0 ? tag.charset
                                    : word_after(tag.content, "charset");
    }
    // A declaration of UTF-16 in a page that was readable as ASCII is wrong.
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

// For a query: the receiver expects the charset of the page. Browsers send a
// character that windows-1252 lacks as an escaped character reference.
static size_t put_1252(char *out, unsigned long code)
{
    int byte = charset_to_1252(code);

    if (byte < 0)
        return (size_t)sprintf(out, "%%26%%23%lu%%3B", code);
    out[0] = (char)byte;
    return 1;
}

// decode() writes at most this many bytes for each byte of an href: the 4 bytes
// of "&or;" may become the 13 of "%26%238744%3B".
enum { MAX_GROWTH = 4 };

// Decodes the character references in `raw` and converts its charset, up to and
// including the '#' of a fragment. Returns the number of bytes written to
// `out`.
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
        if (code == '#') { // kept, so that clean() keeps blanks before the '#'
            out[len++] = '#';
            break;
        }
        in_query = in_query || code == '?';
        if (is_byte && (in_query || links->charset != CHARSET_1252))
            out[len++] = (char)byte;
        else if (in_query && links->charset == CHARSET_1252)
            len += put_1252(out + len, code);
        else
            len += put_utf8(
                out + len, is_byte ? charset_from_1252(byte) : code);
    }
    assert(len <= MAX_GROWTH * raw.len);
    return len;
}

// --- References as browsers read them ----------------------------------------

// Removes blanks at both ends, and tabs and line ends anywhere. Returns the new
// length.
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

// Rewrites a reference from the URL standard's syntax, as read by browsers, to
// that of RFC 3986, as read by url.c: the differences are backslashes, the
// number of slashes, and "http:x". `text` has room for two more bytes. Returns
// the new length.
static size_t rewrite(const struct url *base, char *text, size_t len)
{
    struct slice scheme = { text, 0 };
    scheme.len = url_scheme_length((struct slice){ text, len });
    size_t n = scheme.len > 0 ? scheme.len + 1 : 0; // with its colon
    bool secure = slice_like(scheme, "https");
    bool same_scheme = n == 0 || secure == (base->scheme == URL_HTTPS);
    size_t slashes = 0;

    if (n > 0 && !secure && !slice_like(scheme, "http"))
        return len;
    for (size_t i = n; i < len && text[i] != '?'; i++) {
        if (text[i] == '\\')
            text[i] = '/';
    }
    while (n + slashes < len && text[n + slashes] == '/')
        slashes++;

    // Keep `kept` bytes of the scheme, then write `begin`, then the rest.
    size_t rest = n + slashes;
    size_t kept = same_scheme ? 0 : n;
    const char *begin = same_scheme ? "" : "//";
    if (same_scheme && slashes >= 2) {
        kept = n;
        begin = "//";
    } else if (same_scheme && slashes == 1) {
        begin = "/";
    } else if (same_scheme && n > 0 && rest < len && text[rest] != '?'
        && text[rest] != '#') {
        begin = "./"; // without this, "http:a:b" would get the scheme "a"
    }
    memmove(text + kept + strlen(begin), text + rest, len - rest);
    memcpy(text + kept, begin, strlen(begin));
    return kept + strlen(begin) + (len - rest);
}

// --- The links ---------------------------------------------------------------

static int resolve(
    const struct links *links, struct slice href, struct url *link)
{
    // Checked before the allocation: "data:" URLs may have megabytes.
    if (href.len > 3 * URL_MAX)
        return -ENAMETOOLONG;

    char *text = malloc(MAX_GROWTH * href.len + 16);
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
            links->base_seen = true; // even a bad <base> counts as the first
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
