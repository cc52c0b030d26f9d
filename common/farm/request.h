// request.h - a request, taken apart. No I/O.

#ifndef REQUEST_H
#define REQUEST_H

#include "slice.h"

#include <stdbool.h>

struct request {
    struct slice method;
    struct slice target;
    struct slice host;
};

// Does the text hold a whole head? It ends in an empty line; a line ends in
// CRLF, or where a person types it into nc in LF (RFC 9112, 2.2).
bool request_is_complete(const char *text);

// Fills *request with slices of `text` (the host of an HTTP/1.0 request without
// one is "localhost"). Returns 0, or the status with which to
// refuse: 400, also for bytes that must not stand in a request line unescaped;
// 405 for anything but GET.
int request_parse(struct request *request, const char *text);

#endif
