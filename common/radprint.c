// radprint.c - prints one UTF-8 letter per step, and records the letter in the
// trace.

#include "radprint.h"

#include <stdio.h>

// The code point of the first letter of `text`.
static long code_point(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    long letter = *at;

    if (letter >= 0xC0)
        letter &= letter >= 0xF0 ? 0x07 : letter >= 0xE0 ? 0x0F : 0x1F;
    while ((*++at & 0xC0) == 0x80)
        letter = letter << 6 | (*at & 0x3F);
    return letter;
}

void radprint_start(struct radprint *line, const char *text, int pause)
{
    line->next = text;
    line->pause = pause;
}

// Prints a letter. Recording and printing under one lock keeps the letters of
// the trace in the order of the screen, even in a program that does not lock
// the screen itself.
static const char *print(const char *letter, const struct trace_site *site)
{
    flockfile(stdout);
    if (trace_is_on)
        trace_record(TRACE_LETTER, TRACE_THIS, code_point(letter), site);
    do
        putchar(*letter++);
    while ((*letter & 0xC0) == 0x80); // the rest of a UTF-8 letter
    funlockfile(stdout);
    return letter;
}

int radprint_type(struct radprint *line, const struct trace_site *site)
{
    do {
        if (*line->next == '\0') {
            print("\n", site);
            fflush(stdout);
            return 0;
        }
        line->next = print(line->next, site);
    } while (line->pause == 0);
    fflush(stdout);
    if (trace_is_on)
        trace_record(TRACE_WAIT_TIMER, TRACE_THIS, line->pause, site);
    return line->pause;
}
