// errors.h - the errors of a fetch, and a text for each.
//
// A function that returns an error as an int returns a negative errno if the
// system refused a call, or a value of enum error for all other errors: a
// failed look-up, a broken protocol, one of our limits. 0 is success.

#ifndef ERRORS_H
#define ERRORS_H

#include <stdbool.h>

enum error {
    // All values are far below any negative errno. Add new errors at the end.
    ERROR_CLOSED_EARLY = -10000, // the peer closed before the response ended
    ERROR_NO_SUCH_HOST,
    ERROR_LOOKUP, // the name servers did not answer; may be tried again
    ERROR_STATUS_LINE,
    ERROR_HEADER,
    ERROR_HEADERS_TOO_LARGE,
    ERROR_CONTENT_LENGTH, // malformed, or two lengths that differ
    ERROR_TRANSFER_ENCODING,
    ERROR_CONTENT_ENCODING,
    ERROR_CHUNK,
    ERROR_TOO_MANY_INTERIM, // 1xx responses without end
    ERROR_BODY_TOO_LARGE,
    ERROR_LOCATION, // the target of a redirect is not a valid URL
    ERROR_CHARSET, // the page is in a charset in which no links can be found
    ERROR_END,
};

// The text for an error; never NULL. error_text(0) is "no error".
const char *error_text(int error);

// Might the same request succeed if repeated? True for every errno except
// ECANCELED (so for time-outs as well), for ERROR_CLOSED_EARLY and for
// ERROR_LOOKUP; false for violations of the protocol, for our own limits and
// for names that do not exist.
bool error_is_transient(int error);

// Prints the line "PROGRAM: ..." on stderr and returns `code`, so that a
// function can print an error and return in one statement.
#ifdef __GNUC__
__attribute__((format(printf, 3, 4)))
#endif
int error_print(int code, const char *program, const char *format, ...);

#endif
