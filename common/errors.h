// errors.h - everything that can go wrong with a fetch, and its words.
//
// All functions of this project report an error as a negative int: either a
// negative errno (the system refused) or one of the values below (the peer, or
// a limit of ours, refused). 0 is success, so one `int error` carries all.

#ifndef ERRORS_H
#define ERRORS_H

#include <stdbool.h>

enum error {
    // Far below every errno. New errors go at the end.
    ERROR_CLOSED_EARLY = -10000, // the peer closed before the response ended
    ERROR_NO_SUCH_HOST,
    ERROR_LOOKUP, // the name servers did not answer, for now
    ERROR_STATUS_LINE,
    ERROR_HEADER,
    ERROR_HEADERS_TOO_LARGE,
    ERROR_CONTENT_LENGTH, // malformed, or two that differ
    ERROR_TRANSFER_ENCODING,
    ERROR_CONTENT_ENCODING,
    ERROR_CHUNK,
    ERROR_TOO_MANY_INTERIM, // 1xx responses without end
    ERROR_BODY_TOO_LARGE,
    ERROR_LOCATION, // a redirect that leads nowhere we can name
    ERROR_CHARSET, // of a page whose links are wanted, and cannot be read
    ERROR_END,
};

// The words for an error, the same in every stage. Never NULL; the text is
// static. 0 gives "no error".
const char *error_text(int error);

// Might the same request succeed if it were made again? True for whatever the
// system reported, for time-outs and for early closes; false for violations of
// the protocol, for our own limits and for names that do not exist.
bool error_is_transient(int error);

// Prints "PROGRAM: ..." as a line on stderr and returns `code`, so that a
// function can say what failed and return in one statement.
#ifdef __GNUC__
__attribute__((format(printf, 3, 4)))
#endif
int error_print(int code, const char *program, const char *format, ...);

#endif
