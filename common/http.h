// http.h - HTTP/1.1: formats a request, parses a response from bytes. No I/O.
//
// The parser never reads: the caller feeds bytes in pieces of any size, and the
// verdict tells whether the response is complete.
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
// could hide data, and lenient where every client is. It accepts:
//
//   - everything that RFC 9110 and 9112 tell a recipient to accept: line ends
//     without a CR, folded header lines (joined by one blank), empty elements
//     of lists;
//   - everything that curl, wget and Python's http.client all accept: several
//     blanks before the status and a tab after the status, blanks before the
//     colon of a header and within the name, an empty name, blanks after the
//     size of a chunk, the coding "identity".
//
// Bytes after the end of the response are counted, and otherwise ignored. A few
// things are refused although all three clients accept them:
//
//   NUL, or a CR not at a line end   Readers disagree where the line ends, and
//                                    may see two messages in place of one.
//   "+5", "5x", "5.0" as a length    With an uncertain length, an incomplete
//                                    body may be taken for a complete one.
//   a length as well as chunks       One of the two is wrong, and there is no
//                                    way to know which (section 6.3).
//   "chunked" twice                  Decoding once would leave the sizes of
//                                    the inner chunks in the body.
//   < > { } " or a control byte      Body text after a missing empty line: the
//   in the name of a header          first lines of the body would be lost
//                                    among the headers.
//   a fold before any header         There is no header to continue, and the
//                                    fold may hide a header.
//
// Anything that at least one of the three clients refuses is refused here: a
// line without a colon, a version other than 1.x, a status line without status.

#ifndef HTTP_H
#define HTTP_H

#include "slice.h"
#include "url.h"

#include <stdint.h>

// The limit for the bytes of status lines, headers (1xx included), trailers and
// chunk extensions together: everything outside the body could go on for ever.
#define HTTP_MAX_HEAD 65536
#define HTTP_MAX_INTERIM 10 // 1xx responses before the final response
#define HTTP_MAX_BODY (16 << 20) // the default of --max-body

enum http_verdict {
    HTTP_MORE, // feed more
    HTTP_DONE, // the response is complete
    HTTP_CLOSED, // the peer closed too early; error is ERROR_CLOSED_EARLY
    HTTP_BAD, // the response is refused; error has the reason
};

enum http_part {
    HTTP_HEAD,
    HTTP_BODY_LENGTH,
    HTTP_BODY_UNTIL_CLOSE,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_CHUNK_END_LF, // after the CR of the chunk's end
    HTTP_TRAILERS,
    HTTP_FINISHED,
};

struct http_response {
    int status; // 0 until the status line of the final response has been read
    bool has_head; // status and headers are complete; the body may be broken
    bool keeps; // the connection may be used again; see http_get_kept()
    int error; // 0, an enum error, -ENOMEM or -ECONNREFUSED
    size_t surplus; // bytes fed after the end of a complete response
    char *head; // owned; the final response's status line and headers, as
                // received but unfolded, without the empty line
    size_t head_len;
    char *body; // owned, followed by a NUL; NULL when empty
    size_t body_len;
    // Private to the parser:
    size_t max_body;
    size_t head_size; // allocated
    size_t body_size; // allocated, without the NUL
    size_t line_len; // of an unfinished line, which is kept after the head
    size_t head_total; // bytes that count towards HTTP_MAX_HEAD so far
    uint64_t remaining; // bytes of the body or of the chunk
    enum http_part part;
    enum http_verdict verdict; // final unless HTTP_MORE
    int interim; // 1xx responses seen
    bool is_coded; // the headers name a content coding
    bool is_interim; // the head being read belongs to a 1xx response
    bool is_persistent; // according to the head
    bool has_field; // a header or trailer came before: a fold may follow
};

// Formats a GET for `url`: Host (with the port unless 80, and with the brackets
// of an IPv6 address), User-Agent, Accept, Accept-Encoding: identity,
// Connection: close. Returns the text, which the caller frees, and its length
// in *len; NULL when out of memory. The text is not NUL-terminated.
char *http_get(const struct url *url, size_t *len);

// As http_get(), but with Connection: keep-alive. If response.keeps is true,
// the connection may be used for another request: the response is complete, its
// body did not end by closing, the server keeps the connection too (RFC 9112
// section 9.3), and no byte came after the end. Surplus bytes answer no request
// of ours; on a kept connection they would be taken for the next response.
//
// Surplus bytes, or the end of the connection, can also come later. So check
// just before the next request that the idle connection is not readable.
char *http_get_kept(const struct url *url, size_t *len);

void http_response_init(struct http_response *response, size_t max_body);

// Takes the next n bytes; n = 0 means that the peer has closed. The bytes are
// copied. A verdict other than HTTP_MORE is final; bytes fed after HTTP_DONE
// only count as surplus. The error -ECONNREFUSED means that the "response"
// begins like our own request: if no server listens on a port in the range for
// outgoing connections, the system may pick the same port for our end, and
// connect() then connects the socket to itself.
enum http_verdict http_feed(
    struct http_response *response, const char *bytes, size_t n);

// Decides whether a fetch that ended with `error` has failed. Only the body of
// a 200 is ever used. With a complete head of any other status, the peer's
// errors are therefore ignored, and the result is 0: the body may have been cut
// off, malformed, too long or too slow, and its bytes may be incomplete. In all
// other cases the result is `error`.
int http_settle(const struct http_response *response, int error);

// Is the body in a content coding (gzip, br, or an unknown coding), and so not
// readable here? The values "none" and "utf-8" (a charset in the wrong header)
// are not codings. An empty body counts as not coded.
bool http_is_coded(const struct http_response *response);

// The value of the first header with this name (ignoring case), without the
// blanks around the value; if absent, .at is NULL. Valid until more bytes are
// fed, or http_response_free().
struct slice http_header(
    const struct http_response *response, const char *name);

// Splits "text/html; charset=utf-8" into type "text/html" and charset "utf-8"
// (without quotes). Both point into `value`; if absent, .at is NULL.
void http_content_type(
    struct slice value, struct slice *type, struct slice *charset);

// Frees head and body and zeroes *response.
void http_response_free(struct http_response *response);

#endif
