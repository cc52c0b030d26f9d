// errors.c - a table of texts for enum error, and a table for common errnos.

#include "errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[] = {
    [ERROR_CLOSED_EARLY - ERROR_CLOSED_EARLY] =
        "connection closed before the response was complete",
    [ERROR_NO_SUCH_HOST - ERROR_CLOSED_EARLY] = "no such host",
    [ERROR_LOOKUP - ERROR_CLOSED_EARLY] = "name look-up failed",
    [ERROR_STATUS_LINE - ERROR_CLOSED_EARLY] = "malformed status line",
    [ERROR_HEADER - ERROR_CLOSED_EARLY] = "malformed header",
    [ERROR_HEADERS_TOO_LARGE - ERROR_CLOSED_EARLY] =
        "headers exceed the limit of 64 KiB",
    [ERROR_CONTENT_LENGTH - ERROR_CLOSED_EARLY] =
        "malformed or conflicting Content-Length",
    [ERROR_TRANSFER_ENCODING - ERROR_CLOSED_EARLY] =
        "unsupported Transfer-Encoding",
    [ERROR_CONTENT_ENCODING - ERROR_CLOSED_EARLY] =
        "unsupported Content-Encoding",
    [ERROR_CHUNK - ERROR_CLOSED_EARLY] = "malformed chunk",
    [ERROR_TOO_MANY_INTERIM - ERROR_CLOSED_EARLY] =
        "too many interim (1xx) responses",
    [ERROR_BODY_TOO_LARGE - ERROR_CLOSED_EARLY] =
        "body exceeds the limit",
    [ERROR_LOCATION - ERROR_CLOSED_EARLY] =
        "redirect without a usable Location",
    [ERROR_CHARSET - ERROR_CLOSED_EARLY] = "unsupported charset",
};

// The texts of strerror() differ from system to system; those of common network
// errors should not.
static const struct {
    int number;
    const char *text;
} system_texts[] = {
    { ECONNREFUSED, "connection refused" },
    { ECONNRESET, "connection reset by peer" },
    { EPIPE, "connection reset by peer" },
    { ECONNABORTED, "connection aborted" },
    { ETIMEDOUT, "timed out" },
    { EHOSTUNREACH, "host unreachable" },
    { ENETUNREACH, "network unreachable" },
    { EADDRNOTAVAIL, "no local port left" },
    { EMFILE, "too many open files" },
    { ENFILE, "too many open files in the system" },
    { ENOMEM, "out of memory" },
    { ENOBUFS, "out of network buffers" },
    { ECANCELED, "cancelled" },
};

const char *error_text(int error)
{
    if (error == 0)
        return "no error";
    if (error >= ERROR_CLOSED_EARLY && error < ERROR_END)
        return texts[error - ERROR_CLOSED_EARLY];
    for (size_t i = 0; i < sizeof(system_texts) / sizeof(*system_texts); i++) {
        if (system_texts[i].number == -error)
            return system_texts[i].text;
    }
    return strerror(-error);
}

bool error_is_transient(int error)
{
    if (error == 0 || error == -ECANCELED)
        return false;
    return error > -4096 || error == ERROR_CLOSED_EARLY
           || error == ERROR_LOOKUP;
}

int error_print(int code, const char *program, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}
