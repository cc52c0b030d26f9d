// radprint.c - one letter a step.

#include "radprint.h"

#include "trace.h"

#include <stdio.h>

void radprint_start(struct radprint *line, const char *text, int pause)
{
    line->next = text;
    line->pause = pause;
}

int radprint_step(struct radprint *line)
{
    do {
        if (*line->next == '\0') {
            putchar('\n');
            fflush(stdout);
            return 0;
        }
        trace(TRACE_LETTER, TRACE_THIS, *line->next);
        do
            putchar(*line->next++);
        while ((*line->next & 0xC0) == 0x80); // the rest of a UTF-8 letter
    } while (line->pause == 0);
    fflush(stdout);
    return line->pause;
}
