// live.c - writes a carriage return, "clear to the end of the line", the text.

#include "live.h"

#include "clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_bool shown;
static _Atomic double next; // when another text is due

bool live_is_due(void)
{
    double due = atomic_load(&next);
    double now = clock_now();

    return now >= due && isatty(STDERR_FILENO)
        && atomic_compare_exchange_strong(&next, &due, now + 0.1);
}

void live_show(const char *format, ...)
{
    char text[512];
    va_list args;

    if (!isatty(STDERR_FILENO))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    atomic_store(&shown, true);
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
}

void live_clear(void)
{
    if (!atomic_exchange(&shown, false))
        return;
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
}
