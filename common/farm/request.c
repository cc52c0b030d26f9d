// request.c - parses the request line and, of the headers, only Host.

#include "request.h"

#include <string.h>

enum { MAX_HOST = 255 };

bool request_is_complete(const char *text)
{
    return strstr(text, "\n\r\n") != NULL || strstr(text, "\n\n") != NULL;
}

// Returns the value of the first Host header; .at is NULL if there is none.
static struct slice find_host(const char *text)
{
    struct slice host = { 0 };

    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        if (*text == '\r' || *text == '\n')
            break; // the empty line ends the headers
        size_t name_len = strcspn(text, ":\r\n");
        if (!slice_like((struct slice){ text, name_len }, "host"))
            continue;
        text += name_len;
        if (*text == ':')
            text++;
        text += strspn(text, " \t");
        host = (struct slice){ text, strcspn(text, " \t\r\n") };
        break;
    }
    return host;
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
    return slice_equal(request->method, slice_of("GET")) ? 0 : 405;
}
