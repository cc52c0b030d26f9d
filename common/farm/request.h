// request.h - the parser of the farm's requests. No I/O.

#ifndef REQUEST_H
#define REQUEST_H

#include "slice.h"

#include <stdbool.h>

struct request {
    struct slice method;
    struct slice target;
    struct slice host;
};

// Does the text hold a whole head? A head ends in an empty line. Lines end in
// CRLF, or in LF if a person types them into nc (RFC 9112, 2.2).
bool request_is_complete(const char *text);

// Fills *request with slices of `text`; without a Host header, an HTTP/1.0
// request gets "localhost". Returns 0, or the status of the refusal: 400 for a
// malformed head or an unescaped byte in the request line, 405 for any method
// but GET.
int request_parse(struct request *request, const char *text);

#endif
