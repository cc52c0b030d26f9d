// http.c - a state machine that takes bytes and collects head and body.
//
//     HEAD ----> BODY_LENGTH ---------------------------> FINISHED
//     |  ^ |---> BODY_UNTIL_CLOSE ----------------------> |
//     1xx  `---> CHUNK_SIZE ---> TRAILERS --------------> |
//                  |      ^
//                  v      |
//                CHUNK_DATA -> CHUNK_END (-> CHUNK_END_LF)
//
// Each state removes the bytes it needs from the front of the input. Heads,
// chunk sizes and trailers consist of lines. A line that arrives in pieces is
// collected after the head, so no byte is searched twice for a line end:
//
//     head: | HTTP/1.1 200 OK\r\nServer: x\r\n | 1f;a=     |
//           0                            head_len      + line_len

#include "http.h"

#include "errors.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

// The part of a chunk line that HTTP_MAX_HEAD does not limit: the longest size,
// CR and LF. A body of many tiny chunks is legitimate.
#define CHUNK_DIGITS 16
#define CHUNK_LINE_FREE (CHUNK_DIGITS + 2)

// --- The request -------------------------------------------------------------

static char *format_get(
    const struct url *url, const char *connection, size_t *len)
{
    assert(url->scheme != URL_OTHER);
    // A canonical URL contains the port only if the Host header must have it.
    size_t host_len = (size_t)(url->path.at - url->host.at);
    const struct slice parts[] = {
        slice_of("GET "),
        url->target,
        slice_of(" HTTP/1.1\r\nHost: "),
        { url->host.at, host_len },
        slice_of("\r\nUser-Agent: six-ways-to-wait/1\r\n"
                 "Accept: */*\r\n"
                 "Accept-Encoding: identity\r\n"
                 "Connection: "),
        slice_of(connection),
        slice_of("\r\n\r\n"),
    };
    enum { PARTS = sizeof(parts) / sizeof(*parts) };

    *len = 0;
    for (int i = 0; i < PARTS; i++)
        *len += parts[i].len;
    char *text = malloc(*len);
    char *end = text;
    for (int i = 0; text != NULL && i < PARTS; i++) {
        memcpy(end, parts[i].at, parts[i].len);
        end += parts[i].len;
    }
    return text;
}

char *http_get(const struct url *url, size_t *len)
{
    return format_get(url, "close", len);
}

char *http_get_kept(const struct url *url, size_t *len)
{
    return format_get(url, "keep-alive", len);
}

// --- Reading text ------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// May c be part of a header's name? http.h explains the rule.
static bool is_name(char c)
{
    switch (c) {
    case ':':
    case '<':
    case '>':
    case '{':
    case '}':
    case '"':
    case 0x7f: return false;
    default: return (unsigned char)c >= ' ' || c == '\t';
    }
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.at[text.len - 1]))
        text.len--;
    for (; text.len > 0 && is_blank(text.at[0]); text.len--)
        text.at++;
    return text;
}

// Splits `rest` at the next `stop`: returns the text before, leaves the text
// after in *rest. Without a stop, returns the whole text.
static struct slice split_off(struct slice *rest, char stop)
{
    struct slice taken = *rest;
    const char *found = NULL;

    if (rest->len > 0)
        found = memchr(rest->at, stop, rest->len);
    if (found != NULL)
        taken.len = (size_t)(found - rest->at);
    size_t used = found != NULL ? taken.len + 1 : taken.len;
    if (used > 0)
        *rest = (struct slice){ rest->at + used, rest->len - used };
    return taken;
}

// Removes the first header from a head, which has been checked before.
static bool next_header(
    struct slice *head, struct slice *name, struct slice *value)
{
    if (head->len == 0)
        return false;
    struct slice line = split_off(head, '\n');
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    *name = trim(split_off(&line, ':'));
    *value = trim(line);
    return true;
}

// Removes the first element from a list such as "a, b". Skips empty elements,
// as RFC 9110 section 5.6.1.2 demands.
static bool next_element(struct slice *list, struct slice *element)
{
    while (list->len > 0) {
        *element = trim(split_off(list, ','));
        if (element->len > 0)
            return true;
    }
    return false;
}

static struct slice headers_of(const struct http_response *response)
{
    struct slice head = { response->head, response->head_len };

    split_off(&head, '\n'); // the status line
    return head;
}

// --- Verdicts and memory -----------------------------------------------------

static void fail(struct http_response *response, int error)
{
    response->error = error;
    response->verdict = error == ERROR_CLOSED_EARLY ? HTTP_CLOSED : HTTP_BAD;
}

static void finish(struct http_response *response)
{
    response->keeps = response->is_persistent;
    response->part = HTTP_FINISHED;
    response->verdict = HTTP_DONE;
}

// Makes room for `need` bytes and a NUL. Doubles the size, up to `most`, to
// make appending cheap. Follows the number of bytes that have arrived, never
// the length that the peer has announced.
static bool grow(char **buffer, size_t *size, size_t need, size_t most)
{
    size_t bigger = *size > 0 ? 2 * *size : 512;

    if (need <= *size)
        return true;
    if (bigger > most)
        bigger = most;
    if (bigger < need)
        bigger = need;
    char *moved = realloc(*buffer, bigger + 1);
    if (moved == NULL)
        return false;
    *buffer = moved;
    *size = bigger;
    return true;
}

// --- Lines -------------------------------------------------------------------

// Takes the next piece of a line. At the end of the line, returns true and sets
// *line, without the line end. The caller must then either add line_len to
// head_len, to keep the line, or reset line_len, to drop the line.
static bool take_line(
    struct http_response *response, struct slice *rest, struct slice *line)
{
    bool chunk = response->part == HTTP_CHUNK_SIZE;
    size_t most = HTTP_MAX_HEAD + (chunk ? CHUNK_LINE_FREE : 0);
    struct slice piece = *rest;
    size_t have = response->head_len + response->line_len;

    split_off(rest, '\n');
    piece.len -= rest->len;
    if (piece.len > most - response->head_total - response->line_len) {
        fail(response, ERROR_HEADERS_TOO_LARGE);
        return false;
    }
    if (!grow(&response->head, &response->head_size, have + piece.len,
            HTTP_MAX_HEAD + CHUNK_LINE_FREE)) {
        fail(response, -ENOMEM);
        return false;
    }
    memcpy(response->head + have, piece.at, piece.len);
    response->line_len += piece.len;
    if (piece.at[piece.len - 1] != '\n')
        return false;

    line->at = response->head + response->head_len;
    line->len = response->line_len - 1;
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

// Does a line contain a NUL, or a CR before its end? (See http.h.)
static bool has_nul_or_cr(struct slice line)
{
    return line.len > 0
           && (memchr(line.at, '\0', line.len) != NULL
               || memchr(line.at, '\r', line.len) != NULL);
}

// Is the line a fold, that is, does it continue the previous header?
static bool is_fold(struct slice line)
{
    return line.len > 0 && is_blank(line.at[0]);
}

static void check_header(struct http_response *response, struct slice line)
{
    size_t i = 0;

    while (i < line.len && is_name(line.at[i]))
        i++;
    bool is_header = i < line.len && line.at[i] == ':';
    if (is_fold(line))
        is_header = response->has_field; // a fold needs a header to continue
    response->has_field = true;
    if (!is_header || has_nul_or_cr(line))
        fail(response, ERROR_HEADER);
}

// Appends a fold to the last header of the head. One blank replaces the line
// end and all blanks around it.
static void unfold(struct http_response *response)
{
    char *fold = response->head + response->head_len;
    size_t len = response->line_len;
    char *end = fold;

    while (end[-1] == '\n' || end[-1] == '\r' || is_blank(end[-1]))
        end--;
    for (; is_blank(*fold); fold++)
        len--;
    *end++ = ' ';
    memmove(end, fold, len);
    response->head_len = (size_t)(end - response->head) + len;
}

// --- The head ----------------------------------------------------------------

// Do the bytes so far, however few, agree with `start`?
static bool may_start_with(
    const struct http_response *response, struct slice rest, const char *start)
{
    size_t kept = response->line_len;
    size_t n = strlen(start);

    for (size_t i = 0; i < n && i < kept + rest.len; i++) {
        const char *at = i < kept ? response->head + i : rest.at + (i - kept);
        if (*at != start[i])
            return false;
    }
    return true;
}

// Refuses a wrong start before the end of the line, which a peer with another
// protocol may never send. Returns true as long as nothing is wrong.
static bool check_start(struct http_response *response, struct slice rest)
{
    static const char get[] = "GET ";
    bool enough = response->line_len + rest.len >= strlen(get);

    if (may_start_with(response, rest, "HTTP/1."))
        return true;
    if (!may_start_with(response, rest, get))
        fail(response, ERROR_STATUS_LINE);
    else if (enough) // our own request: http.h explains how this can happen
        fail(response, -ECONNREFUSED);
    return response->verdict == HTTP_MORE;
}

// Finds the status in the text after "HTTP/1.", such as "1 200 OK". Returns 0
// if there is no valid status.
static int find_status(struct slice rest)
{
    int status = 0;

    if (rest.len < 2 || !ascii_is_digit(rest.at[0]) || rest.at[1] != ' ')
        return 0;
    do
        rest = (struct slice){ rest.at + 1, rest.len - 1 };
    while (rest.len > 0 && rest.at[0] == ' ');
    if (rest.len < 3 || (rest.len > 3 && !is_blank(rest.at[3])))
        return 0;
    for (int i = 0; i < 3; i++) {
        if (!ascii_is_digit(rest.at[i]))
            return 0;
        status = status * 10 + (rest.at[i] - '0');
    }
    return status >= 100 ? status : 0;
}

// Reads a status line, after the check of the first seven bytes.
static void read_status(struct http_response *response, struct slice line)
{
    size_t used = strlen("HTTP/1.");
    struct slice rest = { line.at + used, line.len - used };

    if (has_nul_or_cr(line)) {
        fail(response, ERROR_HEADER);
        return;
    }
    int status = find_status(rest);
    response->is_interim = status < 200 && status != 101;
    if (!response->is_interim)
        response->status = status;
    if (status == 0 || status == 101) // we never ask for another protocol
        fail(response, ERROR_STATUS_LINE);
    else if (response->is_interim && ++response->interim > HTTP_MAX_INTERIM)
        fail(response, ERROR_TOO_MANY_INTERIM);
}

// The body as described by the headers.
struct framing {
    bool chunked;
    bool sized;
    uint64_t length;
    bool coded; // has a content coding
    bool closes; // the connection, which is not HTTP/1.1's habit
    bool keeps; // the connection, which is not HTTP/1.0's habit
};

// Reads a Content-Length: "5", or "5, 5" where a proxy has merged two headers.
static bool read_length(struct framing *framing, struct slice value)
{
    struct slice digits;
    bool found = false; // an empty value is malformed

    for (; next_element(&value, &digits); found = true) {
        uint64_t length = 0;
        for (size_t i = 0; i < digits.len; i++) {
            unsigned digit = (unsigned)(digits.at[i] - '0');
            if (!ascii_is_digit(digits.at[i])
                || length > (UINT64_MAX - digit) / 10)
                return false;
            length = length * 10 + digit;
        }
        if (framing->sized && framing->length != length)
            return false;
        framing->sized = true;
        framing->length = length;
    }
    return found;
}

// Reads a Transfer-Encoding. "identity" means no coding.
static int read_coding(struct framing *framing, struct slice value)
{
    struct slice coding;
    int error = 0;

    while (next_element(&value, &coding)) {
        if (slice_like(coding, "identity"))
            continue;
        // "chunked" twice is refused, like an unknown coding.
        if (framing->chunked || !slice_like(coding, "chunked"))
            error = ERROR_TRANSFER_ENCODING;
        framing->chunked = true;
    }
    return error;
}

// Does a Content-Encoding name a real coding?
static bool is_coding(struct slice value)
{
    static const char *const plain[] = { "identity", "none", "utf-8" };
    struct slice coding;

    while (next_element(&value, &coding)) {
        if (!slice_is_one_of(coding, plain, sizeof(plain) / sizeof(*plain)))
            return true;
    }
    return false;
}

static void read_connection(struct framing *framing, struct slice value)
{
    struct slice option;

    while (next_element(&value, &option)) {
        framing->closes |= slice_like(option, "close");
        framing->keeps |= slice_like(option, "keep-alive");
    }
}

static int read_framing(
    const struct http_response *response, struct framing *framing)
{
    struct slice rest = headers_of(response);
    struct slice name;
    struct slice value;
    int error = 0;

    while (error == 0 && next_header(&rest, &name, &value)) {
        if (slice_like(name, "transfer-encoding"))
            error = read_coding(framing, value);
        else if (slice_like(name, "content-length")
            && !read_length(framing, value))
            error = ERROR_CONTENT_LENGTH;
        else if (slice_like(name, "content-encoding") && is_coding(value))
            framing->coded = true;
        else if (slice_like(name, "connection"))
            read_connection(framing, value);
    }
    if (framing->chunked && framing->sized)
        return ERROR_CONTENT_LENGTH;
    return error;
}

// May the connection outlive the response (RFC 9112 section 9.3)? HTTP/1.0 has
// no chunks: a proxy that does not know them may have found another end of the
// response (section 6.1).
static bool is_persistent(
    const struct http_response *response, const struct framing *framing)
{
    bool is_old = response->head[strlen("HTTP/1.")] == '0';

    if (framing->closes || (is_old && framing->chunked))
        return false;
    return !is_old || framing->keeps;
}

// At the empty line: decides which kind of body follows (RFC 9112 section 6.3).
static void end_head(struct http_response *response)
{
    struct framing framing = { 0 };

    response->has_field = false;
    if (response->is_interim) {
        response->head_len = 0;
        return;
    }
    response->has_head = true;
    int error = read_framing(response, &framing);
    response->is_persistent = error == 0 && is_persistent(response, &framing);
    if (response->status == 204 || response->status == 304) {
        finish(response);
        return;
    }
    response->is_coded = framing.coded;
    if (error == 0 && framing.length > response->max_body)
        error = ERROR_BODY_TOO_LARGE;
    if (error != 0) {
        fail(response, error);
    } else if (framing.chunked) {
        response->part = HTTP_CHUNK_SIZE;
    } else if (!framing.sized) {
        response->part = HTTP_BODY_UNTIL_CLOSE;
    } else {
        response->part = HTTP_BODY_LENGTH;
        response->remaining = framing.length;
        if (framing.length == 0)
            finish(response);
    }
}

static void take_head(struct http_response *response, struct slice *rest)
{
    struct slice line;

    if (response->head_len == 0 && !check_start(response, *rest))
        return;
    if (!take_line(response, rest, &line))
        return;
    response->head_total += response->line_len;
    if (response->head_len == 0) {
        read_status(response, line);
        response->head_len = response->line_len;
    } else if (line.len == 0) {
        end_head(response);
    } else {
        check_header(response, line);
        if (is_fold(line) && response->verdict == HTTP_MORE)
            unfold(response);
        else
            response->head_len += response->line_len;
    }
    response->line_len = 0;
}

// --- The body ----------------------------------------------------------------

// Takes the next n bytes for the body.
static void take_body(
    struct http_response *response, struct slice *rest, size_t n)
{
    size_t most = response->max_body;

    if (n > most - response->body_len) {
        fail(response, ERROR_BODY_TOO_LARGE);
        return;
    }
    if (response->part == HTTP_BODY_LENGTH)
        most = response->body_len + (size_t)response->remaining;
    if (!grow(&response->body, &response->body_size, response->body_len + n,
            most)) {
        fail(response, -ENOMEM);
        return;
    }
    memcpy(response->body + response->body_len, rest->at, n);
    response->body_len += n;
    response->body[response->body_len] = '\0';
    rest->at += n;
    rest->len -= n;
}

// Takes bytes of a body or chunk of known length. Returns true at the end of
// the body or chunk.
static bool take_remaining(struct http_response *response, struct slice *rest)
{
    size_t n = rest->len;

    if (n > response->remaining)
        n = (size_t)response->remaining;
    take_body(response, rest, n);
    if (response->verdict != HTTP_MORE)
        return false;
    response->remaining -= n;
    return response->remaining == 0;
}

// Takes "1f" or "1f;name=value"; or "1f    " from servers that write the size
// into a field of fixed width.
static void take_chunk_size(struct http_response *response, struct slice *rest)
{
    struct slice line;
    uint64_t size = 0;
    size_t digits = 0;

    if (!take_line(response, rest, &line))
        return;
    response->line_len = 0;
    for (; digits < line.len && ascii_hex(line.at[digits]) >= 0; digits++) {
        if (size > UINT64_MAX / 16) {
            fail(response, ERROR_CHUNK);
            return;
        }
        size = size * 16 + (uint64_t)ascii_hex(line.at[digits]);
    }
    size_t i = digits;
    while (i < line.len && is_blank(line.at[i]))
        i++;
    bool ended = i == line.len || line.at[i] == ';';
    if (digits == 0 || !ended || has_nul_or_cr(line)) {
        fail(response, ERROR_CHUNK);
        return;
    }

    // Counts all but the digits of the size and the line end. Excess digits
    // (leading zeros) count as well.
    response->head_total +=
        line.len - (digits < CHUNK_DIGITS ? digits : CHUNK_DIGITS);
    response->remaining = size;
    if (response->head_total > HTTP_MAX_HEAD)
        fail(response, ERROR_HEADERS_TOO_LARGE);
    else if (size > response->max_body - response->body_len)
        fail(response, ERROR_BODY_TOO_LARGE);
    else
        response->part = size > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
}

// Takes the line end after the data of a chunk, byte by byte.
static void take_chunk_end(struct http_response *response, struct slice *rest)
{
    char c = *rest->at++;

    rest->len--;
    if (c == '\n')
        response->part = HTTP_CHUNK_SIZE;
    else if (c == '\r' && response->part == HTTP_CHUNK_END)
        response->part = HTTP_CHUNK_END_LF;
    else
        fail(response, ERROR_CHUNK);
}

static void take_trailer(struct http_response *response, struct slice *rest)
{
    struct slice line;

    if (!take_line(response, rest, &line))
        return;
    response->head_total += response->line_len;
    response->line_len = 0;
    if (line.len > 0)
        check_header(response, line);
    else
        finish(response);
}

// --- The response ------------------------------------------------------------

void http_response_init(struct http_response *response, size_t max_body)
{
    *response = (struct http_response){ .max_body = max_body };
}

static void take(struct http_response *response, struct slice *rest)
{
    switch (response->part) {
    case HTTP_HEAD:
        take_head(response, rest);
        break;
    case HTTP_BODY_LENGTH:
        if (take_remaining(response, rest))
            finish(response);
        break;
    case HTTP_BODY_UNTIL_CLOSE:
        take_body(response, rest, rest->len);
        break;
    case HTTP_CHUNK_SIZE:
        take_chunk_size(response, rest);
        break;
    case HTTP_CHUNK_DATA:
        if (take_remaining(response, rest))
            response->part = HTTP_CHUNK_END;
        break;
    case HTTP_CHUNK_END:
    case HTTP_CHUNK_END_LF:
        take_chunk_end(response, rest);
        break;
    case HTTP_TRAILERS:
        take_trailer(response, rest);
        break;
    case HTTP_FINISHED:
        assert(false); // the verdict is final
    }
}

enum http_verdict http_feed(
    struct http_response *response, const char *bytes, size_t n)
{
    struct slice rest = { bytes, n };

    if (response->verdict == HTTP_MORE && n == 0) {
        if (response->part == HTTP_BODY_UNTIL_CLOSE)
            finish(response);
        else
            fail(response, ERROR_CLOSED_EARLY);
    }
    if (n == 0)
        response->keeps = false;
    while (response->verdict == HTTP_MORE && rest.len > 0)
        take(response, &rest);
    if (response->verdict == HTTP_DONE && rest.len > 0) {
        response->surplus += rest.len;
        response->keeps = false;
    }
    return response->verdict;
}

struct slice http_header(const struct http_response *response, const char *name)
{
    struct slice rest = headers_of(response);
    struct slice found;
    struct slice value;

    while (next_header(&rest, &found, &value)) {
        if (slice_like(found, name))
            return value;
    }
    return (struct slice){ 0 };
}

bool http_is_coded(const struct http_response *response)
{
    // Some servers label even the empty body of a redirect as compressed.
    return response->is_coded && response->body_len > 0;
}

int http_settle(const struct http_response *response, int error)
{
    bool peer_failed = (error >= ERROR_CLOSED_EARLY && error < ERROR_END)
        || error == -ECONNRESET || error == -ETIMEDOUT;

    if (peer_failed && response->has_head && response->status != 200)
        return 0;
    return error;
}

// Removes the first parameter: the text up to the next ";" outside quotes.
static struct slice take_parameter(struct slice *rest)
{
    struct slice taken = { rest->at, 0 };
    bool quoted = false;

    for (; taken.len < rest->len; taken.len++) {
        char c = taken.at[taken.len];
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted && taken.len + 1 < rest->len)
            taken.len++;
        else if (c == ';' && !quoted)
            break;
    }
    size_t used = taken.len < rest->len ? taken.len + 1 : taken.len;
    *rest = (struct slice){ rest->at + used, rest->len - used };
    return taken;
}

void http_content_type(
    struct slice value, struct slice *type, struct slice *charset)
{
    *type = *charset = (struct slice){ 0 };
    if (value.at == NULL)
        return;

    struct slice found = trim(split_off(&value, ';'));
    if (found.len > 0)
        *type = found;
    while (value.len > 0 && charset->at == NULL) {
        struct slice text = take_parameter(&value);
        struct slice name = trim(split_off(&text, '='));
        text = trim(text);
        if (text.len > 0 && text.at[0] == '"') {
            text = (struct slice){ text.at + 1, text.len - 1 };
            text = split_off(&text, '"');
        }
        if (slice_like(name, "charset") && text.len > 0)
            *charset = text;
    }
}

void http_response_free(struct http_response *response)
{
    free(response->head);
    free(response->body);
    *response = (struct http_response){ 0 };
}
