// reply.h - an answer of the farm: its bytes, and how they are sent. No I/O.
//
//     reply_clear(&reply);
//     reply_printf(&reply, "%s\n", "Moo!");
//     reply_head(&reply, 200, "text/plain", "");
//
// The body is written first. The head, which contains the length of the body,
// is then put into the room in front:
//
//     bytes   [ room |HTTP/1.1 200 OK ... |Moo!          ]
//                     ^ start                  ^ stop    ^ size
//
// A reply that is not to be valid HTTP is a body without a head.

#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum reply_end {
    REPLY_CLOSE, // close after the last byte
    REPLY_KEEP, // wait for another request after the last byte
    REPLY_RESET, // close with a RST after the last byte
    REPLY_HALF_CLOSE, // shut down after the last byte; the client closes
    REPLY_STAY, // keep the connection open; the client closes
    REPLY_NEVER, // keep the connection open, without the rest of the answer
};

struct reply {
    char *bytes; // owned
    size_t size; // bytes allocated
    size_t start; // the next byte to send
    size_t stop; // one past the last byte to send
    bool failed; // out of memory: do not send
    bool may_keep; // the client asks to keep the connection
    int status; // for the log; 0: none
    // How to send:
    size_t again; // after `stop`, go on here for ever; 0: the reply ends
    size_t piece; // bytes a piece; 0: as many as the client takes
    size_t first; // bytes of the first piece; 0: as `piece`
    int pause; // ms between pieces
    enum reply_end end;
};

// Empties *reply but keeps its memory. `may_keep` is then false. A zeroed reply
// must be cleared first.
void reply_clear(struct reply *reply);

void reply_add(struct reply *reply, const char *bytes, size_t n);

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void reply_printf(struct reply *reply, const char *format, ...);

// Puts the status line and the headers in front of the body: Content-Type
// (unless `type` is NULL), Content-Length (unless the status is 204),
// Connection, and `fields`: at most 700 bytes of further header lines, each
// with its CRLF. With `may_keep`, the connection is kept (REPLY_KEEP).
void reply_head(
    struct reply *reply, int status, const char *type, const char *fields);

// The same without Content-Length: the body ends where the connection ends. If
// the connection may be kept, as reply_head_chunked().
void reply_head_until_close(struct reply *reply, int status, const char *type);

// The same with a chunked body, which has chunk extensions and a trailer.
void reply_head_chunked(struct reply *reply, int status, const char *type);

void reply_free(struct reply *reply);

#endif
