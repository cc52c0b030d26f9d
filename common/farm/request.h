// request.h - the parser of the farm's requests. No I/O.

#ifndef REQUEST_H
#define REQUEST_H

#include "slice.h"

#include <stdbool.h>
#include <stddef.h>

struct request {
    struct slice method;
    struct slice target;
    struct slice host;
    bool keeps; // asks to keep the connection for another request
};

// The length of the head at the start of the text, or 0 if the head is not yet
// complete. A head ends in an empty line. Lines end in CRLF, or in LF if a
// person types them into nc (RFC 9112, 2.2).
size_t request_length(const char *text);

// Fills *request with slices of `text`; without a Host header, an HTTP/1.0
// request gets "localhost". Only an HTTP/1.1 request with Connection:
// keep-alive and without a body keeps its connection. Returns 0, or the status
// of the refusal: 400 for a malformed head or for a byte in the request line
// that should have been escaped, 405 for any method but GET.
int request_parse(struct request *request, const char *text);

#endif
