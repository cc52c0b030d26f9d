// request.c - parses the request line and, of the headers, those on which
// the answer or the end of the request depends.

#include "request.h"

#include <string.h>

enum { MAX_HOST = 255 };

size_t request_length(const char *text)
{
    const char *end = text;

    while ((end = strchr(end, '\n')) != NULL) {
        end++;
        size_t empty = *end == '\r' ? 2 : 1;
        if (end[empty - 1] == '\n')
            return (size_t)(end - text) + empty;
    }
    return 0;
}

// Finds the next header after a line end, and moves *text to its value. Returns
// false at the empty line.
static bool next_header(
    const char **text, struct slice *name, struct slice *value)
{
    const char *at = strchr(*text, '\n');

    if (at == NULL || at[1] == '\r' || at[1] == '\n')
        return false;
    *name = (struct slice){ at + 1, strcspn(at + 1, ":\r\n") };
    at += 1 + name->len;
    at += *at == ':';
    at += strspn(at, " \t");
    *value = (struct slice){ at, strcspn(at, "\r\n") };
    *text = at;
    return true;
}

// Returns the value of the first Host header; .at is NULL if there is none.
static struct slice find_host(const char *text)
{
    struct slice name;
    struct slice host;

    while (next_header(&text, &name, &host)) {
        if (slice_like(name, "host"))
            return (struct slice){ host.at, strcspn(host.at, " \t\r\n") };
    }
    return (struct slice){ 0 };
}

static bool has_option(struct slice list, const char *option)
{
    while (list.len > 0) {
        size_t n = 0;
        while (n < list.len && strchr(", \t", list.at[n]) == NULL)
            n++;
        if (slice_like((struct slice){ list.at, n }, option))
            return true;
        n += n < list.len;
        list = (struct slice){ list.at + n, list.len - n };
    }
    return false;
}

// A request with a body is not kept, because the body would be taken for the
// next request. Neither is a request with a blank in the name of a header: the
// line may announce a body all the same.
static bool keeps_connection(const char *text)
{
    struct slice name;
    struct slice value;
    bool keeps = false;

    while (next_header(&text, &name, &value)) {
        bool is_connection = slice_like(name, "connection");
        if (memchr(name.at, ' ', name.len) != NULL
            || memchr(name.at, '\t', name.len) != NULL
            || slice_like(name, "content-length")
            || slice_like(name, "transfer-encoding")
            || (is_connection && has_option(value, "close")))
            return false;
        if (is_connection && has_option(value, "keep-alive"))
            keeps = true;
    }
    return keeps;
}

int request_parse(struct request *request, const char *text)
{
    static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.-_:[]";
    const char *at = text;

    request->method = (struct slice){ at, strcspn(at, " \r\n") };
    at += request->method.len;
    at += *at == ' ';
    request->target = (struct slice){ at, 0 };
    for (; *at > ' ' && *at < 127; at++)
        request->target.len++;
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != request->method.len
        || *request->target.at != '/' || strncmp(at, " HTTP/1.", 8) != 0)
        return 400;
    request->host = find_host(at);
    if (request->host.at == NULL && strncmp(at, " HTTP/1.0", 9) == 0
        && (at[9] == '\r' || at[9] == '\n'))
        request->host = slice_of("localhost");
    if (request->host.len == 0 || request->host.len > MAX_HOST
        || strspn(request->host.at, host_bytes) < request->host.len)
        return 400;
    if (!slice_equal(request->method, slice_of("GET")))
        return 405;
    request->keeps = strncmp(at, " HTTP/1.0", 9) != 0 && keeps_connection(at);
    return 0;
}
