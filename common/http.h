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
// Framing follows RFC 9112 section 6.3. The parser is strict where a mistake
// could hide data, and lenient where every client is. What RFC 9110 and 9112
// tell a recipient to read is read: line ends without a CR, folded header lines
// (joined by one blank), empty elements of lists. What curl, wget and Python's
// http.client all read is read, too: several blanks before the status and a tab
// behind it, blanks before the colon of a header and within its name, no name
// at all, blanks behind the size of a chunk, the coding "identity". Bytes after
// the end of the response are ignored.
//
// Some things that all three of them take are refused here:
//
//   NUL, and a CR that ends no line  Readers differ about where the line ends
//                                    then: one message can be made two.
//   "+5", "5x", "5.0" as a length    A body of the wrong length is no longer
//                                    told from a whole one.
//   a length beside chunks           One of the two is wrong, and nothing
//                                    tells which (section 6.3 advises this).
//   "chunked" twice                  Decoding once would leave the sizes of
//                                    the inner chunks in the body.
//   < > { } " or a control byte      That is a page or its data, where an
//   in the name of a header          empty line is missing: its first lines
//                                    would be lost among the headers.
//   a fold with nothing before it    There is no header that it could
//                                    continue; it may hide one.
//
// And where at least one of the three refuses, so does this parser: a line
// without a colon, other versions than 1.x, any status line that has no status.

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
    int status; // 0 until the status line of the final response has been read
    bool has_head; // status and headers are complete, whatever the body is
    int error; // 0, an enum error, -ENOMEM or -ECONNREFUSED
    char *head; // owned; the final response's status line and headers, as
                // received but unfolded, without the empty line
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
    bool is_coded; // the headers name a content coding
    bool is_interim; // the head that is being read is that of one
    bool has_field; // a header or trailer came before: a fold may continue it
};

// Formats a GET for `url`: Host (with its port unless that is 80 and with the
// brackets of an IPv6 address), User-Agent, Accept, Accept-Encoding: identity,
// Connection: close. Returns the text, which the caller frees and no NUL ends,
// and its length in *len; NULL when out of memory.
char *http_get(const struct url *url, size_t *len);

void http_response_init(struct http_response *response, size_t max_body);

// Takes the next n bytes; n = 0 says that the peer has closed. The bytes are
// not needed afterwards. Once the verdict is not HTTP_MORE it is final. One
// error is -ECONNREFUSED: a response that begins as our request does. Where
// nobody listens on a port that the system also gives to clients, connect() can
// by chance be given that very port, and then the socket is connected to
// itself.
enum http_verdict http_feed(
    struct http_response *response, const char *bytes, size_t n);

// What a fetch that ended with `error` comes to: what nobody reads decides
// nothing. Only the body of a 200 is ever read, so with a complete head of any
// other status the result is 0, even if the body was cut off, malformed, too
// long or too slow; its bytes may be incomplete then. Otherwise, and for errors
// that are not the peer's, returns `error`.
int http_settle(const struct http_response *response, int error);

// Is the body in a content coding (gzip, br, or one we have not heard of), so
// that its bytes are not what was meant? "none" is no coding, and "utf-8" only
// the wrong header for a charset. An empty body is in none.
bool http_is_coded(const struct http_response *response);

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
