// radprint.h - types a line letter by letter. Never sleeps: each step returns
// the length of the pause, and each stage waits in its own way.
//
//     while ((pause = radprint_step(&line)) > 0)
//         wait `pause` milliseconds;
//
// The name and the animation are those of Eric Appelt's talk "A brief
// introduction to concurrency and coroutines".

#ifndef RADPRINT_H
#define RADPRINT_H

#include "trace.h"

struct radprint {
    const char *next; // the next letter to type; borrowed
    int pause; // ms per letter; 0: the whole line in one step
};

// `text` is valid UTF-8 without control characters, borrowed until the line is
// typed.
void radprint_start(struct radprint *line, const char *text, int pause);

// Types the next letter on stdout, or the newline after the last letter.
// Returns the milliseconds to pause before the next step, or 0 when the line is
// complete.
// (A macro, to record the place of the call in the trace.)
#define radprint_step(line) radprint_type(line, TRACE_SITE)
int radprint_type(struct radprint *line, const struct trace_site *site);

#endif
