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
// One deliberate departure: <script/> is empty, as XHTML has it. HTML takes it
// for a start tag, but then an XHTML page would lose all its links.

#include "links.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct tag {
    struct slice name;
    struct slice href; // raw; absent: .at is NULL
    bool empty; // ended in "/>"
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

// --- Finding tags ------------------------------------------------------------

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

// "<!-->" and "<!--->" are complete comments: the dashes serve twice. They do
// not where the end is "--!>".
static void skip_comment(struct links *links)
{
    const char *dashes = links->at + strlen("<!");

    links->at = dashes + strlen("--");
    do
        skip_past(links, '>');
    while (links->at < links->end && !ends_in(dashes, links->at, "-->")
           && !ends_in(dashes + strlen("--"), links->at, "--!>"));
}

static void skip_cdata(struct links *links)
{
    const char *start = links->at + strlen("<![CDATA[");

    links->at = start;
    do
        skip_past(links, '>');
    while (links->at < links->end && !ends_in(start, links->at, "]]>"));
}

static bool at_end_tag(const struct links *links, const char *name)
{
    struct slice found = { links->at, strlen(name) };

    if (bytes_left(links) <= strlen("</") + found.len || links->at[1] != '/')
        return false;
    found.at += strlen("</");
    char behind = found.at[found.len];
    return slice_like(found, name)
           && (is_space(behind) || behind == '/' || behind == '>');
}

// The content of these elements is text up to their own end tag, whatever it
// looks like. Moves to that end tag.
static void skip_raw_text(struct links *links, struct slice name)
{
    static const char *const raw[] = { "script", "style", "textarea", "title" };
    const char *wanted = NULL;

    for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        if (slice_like(name, raw[i]))
            wanted = raw[i];
    }
    if (wanted == NULL)
        return;
    for (skip_to(links, '<'); links->at < links->end; skip_to(links, '<')) {
        if (at_end_tag(links, wanted))
            return;
        links->at++;
    }
}

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
        if (tag->href.at == NULL && slice_like(name, "href"))
            tag->href = value;
        behind = links->at;
    }
    if (links->at == links->end)
        return false;
    // Only a slash that is not part of a value counts.
    tag->empty = links->at > behind && links->at[-1] == '/';
    links->at++;
    return true;
}

// Finds the next start tag and reads it. False at the end of the page.
static bool next_tag(struct links *links, struct tag *tag)
{
    for (skip_to(links, '<'); links->at < links->end; skip_to(links, '<')) {
        char c = bytes_left(links) > 1 ? links->at[1] : '\0';
        if (starts_with(links, "<!--")) {
            skip_comment(links);
        } else if (starts_with(links, "<![CDATA[")) {
            skip_cdata(links);
        } else if (c == '!' || c == '?') {
            skip_past(links, '>');
        } else if (c == '/') {
            links->at += strlen("</");
            if (links->at < links->end && is_letter(*links->at))
                scan_tag(links, tag);
            else
                skip_past(links, '>');
        } else if (is_letter(c)) {
            links->at++;
            if (!scan_tag(links, tag))
                return false;
            if (!tag->empty)
                skip_raw_text(links, tag->name);
            return true;
        } else {
            links->at++; // a "<" of the text
        }
    }
    return false;
}

// --- Entities ----------------------------------------------------------------

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

// Reads "&#38;" or "&#x26;". Returns its length, 0 if it is none.
static size_t scan_numeric(struct slice text, unsigned long *code)
{
    size_t i = strlen("&#");
    int base = 10;

    if (i < text.len && ascii_lower(text.at[i]) == 'x') {
        base = 16;
        i++;
    }
    size_t first = i;
    for (*code = 0; i < text.len; i++) {
        int digit = ascii_hex(text.at[i]);
        if (digit < 0 || digit >= base)
            break;
        if (*code <= 0x10ffff) // no further, or it might wrap around
            *code = *code * (unsigned)base + (unsigned)digit;
    }
    if (i == first || i == text.len || text.at[i] != ';')
        return 0;
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    if (*code == 0 || *code > 0x10ffff || surrogate)
        *code = 0xfffd;
    return i + 1;
}

// The length of the entity that `text` (which starts with "&") starts with,
// 0 if with none that is known here.
static size_t scan_entity(struct slice text, unsigned long *code)
{
    static const struct {
        const char *name;
        unsigned long code;
    } entities[] = {
        { "&amp;", '&' },
        { "&lt;", '<' },
        { "&gt;", '>' },
        { "&quot;", '"' },
        { "&apos;", '\'' },
        { "&nbsp;", 0xa0 },
    };

    if (text.len > 2 && text.at[1] == '#')
        return scan_numeric(text, code);
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t n = strlen(entities[i].name);
        if (text.len >= n && memcmp(text.at, entities[i].name, n) == 0) {
            *code = entities[i].code;
            return n;
        }
    }
    return 0;
}

// Writes `raw` with its entities decoded and returns the length, which is no
// more than it was: no entity is shorter than its character.
static size_t decode(char *out, struct slice raw)
{
    size_t len = 0;

    for (size_t i = 0; i < raw.len;) {
        unsigned long code = 0;
        size_t n = 0;
        if (raw.at[i] == '&')
            n = scan_entity((struct slice){ raw.at + i, raw.len - i }, &code);
        if (n > 0)
            len += put_utf8(out + len, code);
        else
            out[len++] = raw.at[i];
        i += n > 0 ? n : 1;
    }
    assert(len <= raw.len);
    return len;
}

// --- The links ---------------------------------------------------------------

static int resolve(
    const struct links *links, struct slice href, struct url *link)
{
    // Before anything is allocated: some pages carry megabytes in "data:".
    if (href.len > 3 * URL_MAX)
        return -ENAMETOOLONG;
    if (href.len == 0 || memchr(href.at, '&', href.len) == NULL)
        return url_resolve(link, &links->base, href.at, href.len);

    char *text = malloc(href.len);
    if (text == NULL)
        return -ENOMEM;
    size_t len = decode(text, href);
    int error = url_resolve(link, &links->base, text, len);
    free(text);
    return error;
}

int links_init(
    struct links *links, const struct url *page_url, const char *page, size_t n)
{
    *links = (struct links){
        .at = page,
        .end = n > 0 ? page + n : page, // NULL + 0 is undefined
    };
    return url_resolve(&links->base, page_url, "", 0);
}

bool links_next(struct links *links, struct url *link)
{
    struct tag tag;

    while (next_tag(links, &tag)) {
        if (tag.href.at == NULL)
            continue;
        bool is_base = slice_like(tag.name, "base");
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
