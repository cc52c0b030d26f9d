// errors.c - a table of texts for enum error, and a table for common errnos.

#include "errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

// The index of an error in `texts`.
#define INDEX(error) ((error) - ERROR_CLOSED_EARLY)

static const char *const texts[] = {
    [INDEX(ERROR_CLOSED_EARLY)] =
        "connection closed before the response was complete",
    [INDEX(ERROR_NO_SUCH_HOST)] = "no such host",
    [INDEX(ERROR_LOOKUP)] = "name look-up failed",
    [INDEX(ERROR_STATUS_LINE)] = "malformed status line",
    [INDEX(ERROR_HEADER)] = "malformed header",
    [INDEX(ERROR_HEADERS_TOO_LARGE)] = "headers exceed the limit of 64 KiB",
    [INDEX(ERROR_CONTENT_LENGTH)] = "malformed or conflicting Content-Length",
    [INDEX(ERROR_TRANSFER_ENCODING)] = "unsupported Transfer-Encoding",
    [INDEX(ERROR_CONTENT_ENCODING)] = "unsupported Content-Encoding",
    [INDEX(ERROR_CHUNK)] = "malformed chunk",
    [INDEX(ERROR_TOO_MANY_INTERIM)] = "too many interim (1xx) responses",
    [INDEX(ERROR_BODY_TOO_LARGE)] = "body exceeds the limit",
    [INDEX(ERROR_LOCATION)] = "redirect without a usable Location",
    [INDEX(ERROR_CHARSET)] = "unsupported charset",
};

// The texts of strerror() differ from system to system. The texts of common
// network errors should be the same everywhere.
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
        return texts[INDEX(error)];
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
    bool is_errno = error > -4096; // errnos are below 4096 on every system
    return is_errno || error == ERROR_CLOSED_EARLY || error == ERROR_LOOKUP;
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
