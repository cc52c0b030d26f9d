// reply.h - what the farm says, and the manner in which it says it. No I/O.
//
//     reply_clear(&reply);
//     reply_printf(&reply, "%s\n", "Moo!");
//     reply_head(&reply, 200, "text/plain", "");
//
// The body comes first and the head, which states its length, is put into the
// room in front of it:
//
//     bytes   [ room |HTTP/1.1 200 OK ... |Moo!          ]
//                     ^ start                  ^ stop    ^ size
//
// A reply of which nothing is well-formed is a body without a head.

#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum reply_end {
    REPLY_CLOSE, // say it all and close
    REPLY_RESET, // ... and close with a RST
    REPLY_HALF_CLOSE, // ... shut down, and leave the closing to the client
    REPLY_STAY, // ... and leave the closing to the client
    REPLY_NEVER, // what was said is not the end, but no more will come
};

struct reply {
    char *bytes; // owned
    size_t size; // allocated
    size_t start; // the next byte to send
    size_t stop; // behind the last one
    bool failed; // out of memory: not to be sent
    int status; // for the log; 0: none
    // The manner:
    size_t again; // endless: from `stop` it goes back to here; 0: it ends
    size_t piece; // bytes at a time; 0: as many as the client takes
    size_t first; // with pieces: bytes that go out at once, before them
    int pause; // ms between pieces
    enum reply_end end;
};

// Empties *reply and keeps its memory. A zeroed reply must be cleared once.
void reply_clear(struct reply *reply);

void reply_add(struct reply *reply, const char *bytes, size_t n);

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void reply_printf(struct reply *reply, const char *format, ...);

// Puts the status line and headers in front of the body: Content-Type (not if
// `type` is NULL), Content-Length, Connection: close, and `fields`: more of
// them, each with its CRLF, 700 bytes at most. No Content-Length for a 204.
void reply_head(
    struct reply *reply, int status, const char *type, const char *fields);

// The same with a body that ends where the connection does.
void reply_head_until_close(struct reply *reply, int status, const char *type);

// The same with a body that is sent in chunks, with extensions and a trailer.
void reply_head_chunked(struct reply *reply, int status, const char *type);

void reply_free(struct reply *reply);

#endif
