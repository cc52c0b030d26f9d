// reply.c - a growing array of bytes, with room in front for the head.

#include "reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 1024 // in front of the body, for the head
#define CHUNK 1000 // bytes: a size of three hexadecimal digits

void reply_clear(struct reply *reply)
{
    *reply = (struct reply){
        .bytes = reply->bytes,
        .size = reply->size,
        .start = ROOM,
        .stop = ROOM,
    };
}

// Makes room for n more bytes. Returns false if out of memory.
static bool reserve(struct reply *reply, size_t n)
{
    if (reply->failed)
        return false;
    if (reply->bytes != NULL && n <= reply->size - reply->stop)
        return true;
    size_t size = 2 * (reply->stop + n);
    char *bytes = realloc(reply->bytes, size);
    if (bytes == NULL) {
        reply->failed = true;
        return false;
    }
    reply->bytes = bytes;
    reply->size = size;
    return true;
}

void reply_add(struct reply *reply, const char *bytes, size_t n)
{
    if (n == 0 || !reserve(reply, n))
        return;
    memcpy(reply->bytes + reply->stop, bytes, n);
    reply->stop += n;
}

void reply_printf(struct reply *reply, const char *format, ...)
{
    size_t room = 200; // nearly always enough at the first try
    va_list arguments;

    while (reserve(reply, room)) {
        va_start(arguments, format);
        int n = vsnprintf(reply->bytes + reply->stop, room, format, arguments);
        va_end(arguments);
        assert(n >= 0);
        if ((size_t)n < room) {
            reply->stop += (size_t)n;
            return;
        }
        room = (size_t)n + 1;
    }
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 204, "No Content" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 410, "Gone" },
        { 431, "Request Header Fields Too Large" },
        { 503, "Service Unavailable" },
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unheard Of";
}

static void put_head(struct reply *reply, int status, const char *type,
    const char *framing, const char *fields)
{
    char head[ROOM];

    int n = snprintf(head, sizeof(head),
        "HTTP/1.1 %d %s\r\n%s%s%s%s%sConnection: %s\r\n\r\n", status,
        reason(status), type != NULL ? "Content-Type: " : "",
        type != NULL ? type : "", type != NULL ? "\r\n" : "", framing, fields,
        reply->may_keep ? "keep-alive" : "close");
    assert(n > 0 && n < ROOM);
    reply->status = status;
    reply->end = reply->may_keep ? REPLY_KEEP : REPLY_CLOSE;
    if (!reserve(reply, 0))
        return;
    reply->start = ROOM - (size_t)n;
    memcpy(reply->bytes + reply->start, head, (size_t)n);
}

void reply_head(
    struct reply *reply, int status, const char *type, const char *fields)
{
    char length[64] = "";

    if (status != 204) {
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
            reply->stop - ROOM);
    }
    put_head(reply, status, type, length, fields);
}

void reply_head_until_close(struct reply *reply, int status, const char *type)
{
    if (reply->may_keep)
        reply_head_chunked(reply, status, type);
    else
        put_head(reply, status, type, "", "");
}

void reply_head_chunked(struct reply *reply, int status, const char *type)
{
    struct reply body = *reply;

    *reply = (struct reply){ 0 };
    reply_clear(reply);
    reply->may_keep = body.may_keep;
    for (size_t at = ROOM; at < body.stop; at += CHUNK) {
        size_t n = body.stop - at < CHUNK ? body.stop - at : CHUNK;
        reply_printf(reply, "%zx;straw=\"%zu\"\r\n", n, at - ROOM);
        reply_add(reply, body.bytes + at, n);
        reply_add(reply, "\r\n", 2);
    }
    reply_printf(reply, "0\r\nX-Last-Straw: yes\r\n\r\n");
    put_head(reply, status, type, "Transfer-Encoding: chunked\r\n", "");
    reply->failed |= body.failed;
    reply_free(&body);
}

void reply_free(struct reply *reply)
{
    free(reply->bytes);
    *reply = (struct reply){ 0 };
}
