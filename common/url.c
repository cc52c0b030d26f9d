// url.c - splits a reference into its parts, resolves the parts against the
// base URL, and writes the canonical text, part by part.
//
// Everything happens in one block of memory. The canonical text grows at the
// front; the reference, without tabs and line ends, is kept at the end:
//
//     | http://host/pa...  ->             | ../cleaned/reference |
//     0                len                size
//
// `size` is the maximum length of the text: each byte becomes at most three.
// All text is canonical when written, so there is no second pass; the segment
// ".." truncates the text.

#include "url.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct draft {
    char *text;
    size_t len;
    size_t size;
    enum url_scheme scheme;
    unsigned short port;
    // Offsets into the text; all 0 for URL_OTHER.
    size_t host;
    size_t host_len;
    size_t path;
    size_t path_len;
};

// The parts of a reference (RFC 3986 appendix B). The slice of an absent part
// has a NULL `at`; a query may be present but empty.
struct parts {
    struct slice scheme;
    struct slice after_scheme; // everything after "scheme:"
    struct slice authority;
    struct slice path; // may be empty, but is never absent
    struct slice query; // including the "?"
};

static bool is_letter(char c)
{
    c = ascii_lower(c);
    return c >= 'a' && c <= 'z';
}

// --- Reading -----------------------------------------------------------------

// Removes control characters and spaces at both ends, and the fragment.
static struct slice trim_reference(const char *text, size_t n)
{
    while (n > 0 && (unsigned char)text[n - 1] <= ' ')
        n--;
    for (; n > 0 && (unsigned char)*text <= ' '; n--)
        text++;
    const char *hash = n > 0 ? memchr(text, '#', n) : NULL;
    if (hash != NULL)
        n = (size_t)(hash - text);
    return (struct slice){ text, n };
}

// Copies a reference without tabs and line ends.
static struct slice copy_clean(char *to, struct slice from)
{
    struct slice clean = { to, 0 };

    for (size_t i = 0; i < from.len; i++) {
        char c = from.at[i];
        if (c != '\t' && c != '\r' && c != '\n')
            to[clean.len++] = c;
    }
    return clean;
}

static struct slice drop_first(struct slice from, size_t n)
{
    assert(n <= from.len);
    return (struct slice){ from.at + n, from.len - n };
}

// Removes and returns the text before the first byte that is in `stops`.
static struct slice take_until(struct slice *rest, const char *stops)
{
    struct slice taken = { rest->at, 0 };
    size_t n = strlen(stops);

    while (
        taken.len < rest->len && memchr(stops, rest->at[taken.len], n) == NULL)
        taken.len++;
    *rest = drop_first(*rest, taken.len);
    return taken;
}

size_t url_scheme_length(struct slice text)
{
    size_t i = 0;

    if (text.len == 0 || !is_letter(text.at[0]))
        return 0;
    while (i < text.len
           && (is_letter(text.at[i]) || ascii_is_digit(text.at[i])
               || text.at[i] == '+' || text.at[i] == '-' || text.at[i] == '.'))
        i++;
    return i < text.len && text.at[i] == ':' ? i : 0;
}

static struct parts split(struct slice rest)
{
    struct parts parts = { 0 };
    size_t n = url_scheme_length(rest);

    if (n > 0) {
        parts.scheme = (struct slice){ rest.at, n };
        rest = drop_first(rest, n + 1);
    }
    parts.after_scheme = rest;
    if (rest.len >= 2 && rest.at[0] == '/' && rest.at[1] == '/') {
        rest = drop_first(rest, 2);
        parts.authority = take_until(&rest, "/?");
    }
    parts.path = take_until(&rest, "?");
    if (rest.len > 0)
        parts.query = rest;
    return parts;
}

// --- Writing -----------------------------------------------------------------

static void put(struct draft *draft, const char *at, size_t n)
{
    assert(n <= draft->size - draft->len);
    memcpy(draft->text + draft->len, at, n);
    draft->len += n;
}

static void put_slice(struct draft *draft, struct slice slice)
{
    if (slice.len > 0)
        put(draft, slice.at, slice.len);
}

static void put_lower(struct draft *draft, struct slice slice)
{
    for (size_t i = 0; i < slice.len; i++) {
        char c = ascii_lower(slice.at[i]);
        put(draft, &c, 1);
    }
}

static bool is_unreserved(char c)
{
    return is_letter(c) || ascii_is_digit(c) || c == '-' || c == '.' || c == '_'
           || c == '~';
}

// May this byte appear unescaped in a request line and on a terminal?
static bool is_harmless(char c)
{
    static const char harmful[] = "\"<>\\^`{|}[]%";

    return is_unreserved(c)
           || (c > ' ' && c < 0x7f
               && memchr(harmful, c, sizeof(harmful) - 1) == NULL);
}

static void put_escape(struct draft *draft, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned byte = (unsigned char)c;

    put(draft, (char[]){ '%', digits[byte / 16], digits[byte % 16] }, 3);
}

// Writes a path segment or a query. Decodes an escape of an unreserved
// character, keeps other escapes, and escapes a '%' that does not begin an
// escape.
static void put_escaped(struct draft *draft, struct slice raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        bool harmless = is_harmless(c);
        if (c == '%' && raw.len - i > 2 && ascii_hex(raw.at[i + 1]) >= 0
            && ascii_hex(raw.at[i + 2]) >= 0) {
            c = (char)(ascii_hex(raw.at[i + 1]) * 16
                       + ascii_hex(raw.at[i + 2]));
            harmless = is_unreserved(c);
            i += 2;
        }
        if (harmless)
            put(draft, &c, 1);
        else
            put_escape(draft, c);
    }
}

// --- The authority -----------------------------------------------------------

// Is the last label of a host (in lower case) a number? Such a host must be an
// IPv4 address: resolvers also accept "127.1" and "0x7f000001" as addresses,
// but then the same host would have several names.
static bool ends_in_number(struct slice host)
{
    size_t end = host.len;

    if (end > 0 && host.at[end - 1] == '.')
        end--;
    size_t start = end;
    while (start > 0 && host.at[start - 1] != '.')
        start--;
    if (start == end)
        return false;
    bool hex =
        end - start >= 2 && host.at[start] == '0' && host.at[start + 1] == 'x';
    for (size_t i = hex ? start + 2 : start; i < end; i++) {
        if (hex ? ascii_hex(host.at[i]) < 0 : !ascii_is_digit(host.at[i]))
            return false;
    }
    return true;
}

static int put_name(struct draft *draft, struct slice name)
{
    char address[INET_ADDRSTRLEN];
    struct in_addr binary;

    if (name.len == 0)
        return -EINVAL;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (!is_letter(c) && !ascii_is_digit(c) && c != '-' && c != '.'
            && c != '_')
            return -EINVAL;
    }
    put_lower(draft, name);

    struct slice written = { draft->text + draft->len - name.len, name.len };
    if (!ends_in_number(written))
        return 0;
    if (written.len >= sizeof(address))
        return -EINVAL;
    memcpy(address, written.at, written.len);
    address[written.len] = '\0';
    return inet_pton(AF_INET, address, &binary) == 1 ? 0 : -EINVAL;
}

// Writes an IPv6 address, given without its brackets, in its shortest form.
static int put_ipv6(struct draft *draft, struct slice given)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr binary;

    if (given.len >= sizeof(address))
        return -EINVAL;
    for (size_t i = 0; i < given.len; i++) {
        // No zones ("%eth0"), and no NUL to end the address early.
        char c = given.at[i];
        if (ascii_hex(c) < 0 && c != ':' && c != '.')
            return -EINVAL;
        address[i] = c;
    }
    address[given.len] = '\0';
    if (inet_pton(AF_INET6, address, &binary) != 1)
        return -EINVAL;
    inet_ntop(AF_INET6, &binary, address, sizeof(address));
    put(draft, "[", 1);
    put_lower(draft, slice_of(address));
    put(draft, "]", 1);
    return 0;
}

// Reads the text after the host: "", ":" or ":8080".
static int read_port(struct draft *draft, struct slice text)
{
    unsigned port = 0;

    if (text.len > 0 && text.at[0] != ':')
        return -EINVAL;
    if (text.len <= 1)
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i]))
            return -EINVAL;
        port = port * 10 + (unsigned)(text.at[i] - '0');
        if (port > UINT16_MAX)
            return -EINVAL;
    }
    draft->port = (unsigned short)port;
    return port > 0 ? 0 : -EINVAL;
}

static void put_port(struct draft *draft)
{
    char digits[5];
    size_t i = sizeof(digits);

    for (unsigned port = draft->port; port > 0; port /= 10)
        digits[--i] = (char)('0' + port % 10);
    put(draft, ":", 1);
    put(draft, digits + i, sizeof(digits) - i);
}

static int put_authority(struct draft *draft, struct slice rest)
{
    bool secure = draft->scheme == URL_HTTPS;
    unsigned short default_port = secure ? 443 : 80;
    int error;

    put_slice(draft, slice_of(secure ? "https://" : "http://"));
    draft->port = default_port;
    draft->host = draft->len;
    // User info may contain an '@' and ends at the last '@'.
    for (size_t i = rest.len; i > 0; i--) {
        if (rest.at[i - 1] == '@') {
            rest = drop_first(rest, i);
            break;
        }
    }
    if (rest.len > 0 && rest.at[0] == '[') {
        rest = drop_first(rest, 1);
        struct slice address = take_until(&rest, "]");
        if (rest.len == 0)
            return -EINVAL;
        rest = drop_first(rest, 1);
        error = put_ipv6(draft, address);
    } else {
        error = put_name(draft, take_until(&rest, ":"));
    }
    draft->host_len = draft->len - draft->host;
    if (error == 0)
        error = read_port(draft, rest);
    if (error == 0 && draft->port != default_port)
        put_port(draft);
    return error;
}

// --- The path ----------------------------------------------------------------

// Appends segments to a text that ends in "/", and applies dot segments (RFC
// 3986 section 5.2.4). Compares each segment after writing, so "%2e" is a dot
// as well.
static void put_segments(struct draft *draft, struct slice rest)
{
    size_t root = draft->path + 1;

    for (;;) {
        size_t start = draft->len;
        put_escaped(draft, take_until(&rest, "/"));
        struct slice written = { draft->text + start, draft->len - start };
        bool up = slice_like(written, "..");
        if (up || slice_like(written, "."))
            draft->len = start;
        else if (rest.len > 0)
            put(draft, "/", 1);
        if (up && draft->len > root) {
            do
                draft->len--;
            while (draft->text[draft->len - 1] != '/');
        }
        if (rest.len == 0)
            return;
        rest = drop_first(rest, 1);
    }
}

static void put_path(
    struct draft *draft, const struct url *base, const struct parts *parts)
{
    bool relative = parts->authority.at == NULL;

    draft->path = draft->len;
    if (relative && parts->path.len == 0) {
        put_slice(draft, base->path);
    } else if (relative && parts->path.at[0] != '/') {
        size_t n = base->path.len;
        while (base->path.at[n - 1] != '/')
            n--;
        put(draft, base->path.at, n);
        put_segments(draft, parts->path);
    } else {
        put(draft, "/", 1);
        put_segments(
            draft, drop_first(parts->path, parts->path.len > 0 ? 1 : 0));
    }
    draft->path_len = draft->len - draft->path;
}

// --- The whole ---------------------------------------------------------------

static int put_url(
    struct draft *draft, const struct url *base, struct slice reference)
{
    struct parts parts = split(reference);
    int error = 0;

    if (parts.scheme.at == NULL) {
        if (base == NULL)
            return -EINVAL;
        draft->scheme = base->scheme;
    } else if (slice_like(parts.scheme, "http")) {
        draft->scheme = URL_HTTP;
    } else if (slice_like(parts.scheme, "https")) {
        draft->scheme = URL_HTTPS;
    } else {
        draft->scheme = URL_OTHER;
        put_lower(draft, parts.scheme);
        put(draft, ":", 1);
        put_escaped(draft, parts.after_scheme);
        return 0;
    }

    if (parts.authority.at != NULL) {
        error = put_authority(draft, parts.authority);
    } else if (parts.scheme.at == NULL) {
        put(draft, base->text, (size_t)(base->path.at - base->text));
        draft->host = (size_t)(base->host.at - base->text);
        draft->host_len = base->host.len;
        draft->port = base->port;
    } else {
        error = -EINVAL; // "http:g": only a non-strict parser resolves this
    }
    if (error != 0)
        return error;

    put_path(draft, base, &parts);
    if (parts.query.at != NULL)
        put_escaped(draft, parts.query);
    else if (parts.authority.at == NULL && parts.path.len == 0)
        put_slice(draft, drop_first(base->target, base->path.len));
    return 0;
}

// Gives the text to *url, in a block of the exact size.
static void finish(struct url *url, const struct draft *draft)
{
    char *text = realloc(draft->text, draft->len + 1);

    if (text == NULL)
        text = draft->text; // a block that is too large is fine
    text[draft->len] = '\0';
    url->text = text;
    url->scheme = draft->scheme;
    url->port = draft->port;
    if (draft->scheme == URL_OTHER)
        return;
    const char *path = text + draft->path;
    url->host = (struct slice){ text + draft->host, draft->host_len };
    url->path = (struct slice){ path, draft->path_len };
    url->target = (struct slice){ path, draft->len - draft->path };
}

static int resolve(
    struct url *url, const struct url *base, const char *text, size_t n)
{
    struct slice reference = trim_reference(text, n);
    struct draft draft = { 0 };

    *url = (struct url){ 0 };
    if (reference.len > 3 * URL_MAX)
        return -ENAMETOOLONG;
    // 64 bytes for text that is not in the reference: a scheme, a slash, the
    // longest form of an IPv6 address.
    draft.size = 3 * reference.len + 64;
    if (base != NULL)
        draft.size += strlen(base->text);
    draft.text = malloc(draft.size + reference.len);
    if (draft.text == NULL)
        return -ENOMEM;
    reference = copy_clean(draft.text + draft.size, reference);

    int error = put_url(&draft, base, reference);
    if (error == 0 && draft.len > URL_MAX)
        error = -ENAMETOOLONG;
    if (error == 0)
        finish(url, &draft);
    else
        free(draft.text);
    return error;
}

int url_parse(struct url *url, const char *text, size_t n)
{
    return resolve(url, NULL, text, n);
}

int url_parse_typed(struct url *url, const char *text)
{
    size_t n = strcspn(text, ":/?#[");
    bool has_scheme =
        text[n] == ':' && !(text[n + 1] >= '0' && text[n + 1] <= '9');

    if (has_scheme)
        return url_parse(url, text, strlen(text));
    size_t size = sizeof("http://") + strlen(text);
    char *whole = malloc(size);
    if (whole == NULL) {
        *url = (struct url){ 0 };
        return -ENOMEM;
    }
    int len = snprintf(whole, size, "http://%s", text);
    int error = url_parse(url, whole, (size_t)len);
    free(whole);
    return error;
}

int url_resolve(
    struct url *url, const struct url *base, const char *reference, size_t n)
{
    assert(base->scheme != URL_OTHER);
    return resolve(url, base, reference, n);
}

bool url_host_is_address(const struct url *url)
{
    return url->host.len > 0
           && (url->host.at[0] == '[' || ends_in_number(url->host));
}

void url_free(struct url *url)
{
    free(url->text);
    *url = (struct url){ 0 };
}
