// http.h - HTTP/1.1 as text: a request to send, a response from bytes. No I/O.
//
// The parser never asks for bytes: whoever has some feeds them, in pieces of
// any size, and the verdict says whether the response is complete.
//
//     http_response_init(&response, max_body);
//     do {
//         n = recv(fd, chunk, sizeof(chunk), 0);
//         verdict = http_feed(&response, chunk, n);
//     } while (verdict == HTTP_MORE);
//
// Nothing is allocated before the first byte arrives.
//
// Framing follows RFC 9112 section 6.3. Where a recipient may choose between
// repairing a message and refusing it, this one refuses: a bad chunk size or
// two lengths that differ are an error, never a short body taken for a whole
// one. Bytes after the end of the response are ignored.

#ifndef HTTP_H
#define HTTP_H

#include "slice.h"
#include "url.h"

#include <stdint.h>

// Bytes of status lines and headers, 1xx included, and of trailers and chunk
// extensions: all that is not body and can go on for ever.
#define HTTP_MAX_HEAD 65536
#define HTTP_MAX_INTERIM 10 // 1xx responses before the real one
#define HTTP_MAX_BODY (16 << 20) // the default of --max-body

enum http_verdict {
    HTTP_MORE, // feed more
    HTTP_DONE, // the response is complete
    HTTP_CLOSED, // the peer closed too early; error is ERROR_CLOSED_EARLY
    HTTP_BAD, // error says what was wrong
};

enum http_part {
    HTTP_HEAD,
    HTTP_BODY_LENGTH,
    HTTP_BODY_UNTIL_CLOSE,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_CHUNK_END_LF, // behind its CR
    HTTP_TRAILERS,
    HTTP_FINISHED,
};

struct http_response {
    int status; // 0 until the status line has been read
    int error; // 0, an enum error or -ENOMEM
    char *head; // owned; the final response's status line and headers, as
                // received, without the empty line
    size_t head_len;
    char *body; // owned, with a NUL behind its last byte; NULL when empty
    size_t body_len;
    // The parser's own:
    size_t max_body;
    size_t head_size; // allocated
    size_t body_size; // allocated, without the NUL
    size_t line_len; // of an unfinished line, which is kept behind the head
    size_t head_total; // what counts towards HTTP_MAX_HEAD so far
    uint64_t remaining; // of the body, or of the chunk
    enum http_part part;
    enum http_verdict verdict; // once it is not HTTP_MORE it stays
    int interim; // 1xx responses seen
};

// Formats a GET for `url`: Host (with its port unless that is 80 and with the
// brackets of an IPv6 address), User-Agent, Accept, Accept-Encoding: identity,
// Connection: close. Returns the text, which the caller frees and no NUL ends,
// and its length in *len; NULL when out of memory.
char *http_get(const struct url *url, size_t *len);

void http_response_init(struct http_response *response, size_t max_body);

// Takes the next n bytes; n = 0 says that the peer has closed. The bytes are
// not needed afterwards. Once the verdict is not HTTP_MORE it is final.
enum http_verdict http_feed(
    struct http_response *response, const char *bytes, size_t n);

// The value of the first header of that name (in any case), without the space
// around it; absent: .at is NULL. Good until more of the response is fed, or
// http_response_free().
struct slice http_header(
    const struct http_response *response, const char *name);

// "text/html; charset=utf-8" gives type "text/html" and charset "utf-8", both
// into `value`; quotes around the charset are not part of it. Absent parts
// have .at NULL.
void http_content_type(
    struct slice value, struct slice *type, struct slice *charset);

// Frees head and body and zeroes *response.
void http_response_free(struct http_response *response);

#endif
