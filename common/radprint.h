// radprint.h - types a line letter by letter. It never sleeps: each step says
// how long to pause, and how to wait that long is each stage's own business.
//
//     while ((pause = radprint_step(&line)) > 0)
//         wait so many milliseconds;
//
// The name and the animation are those of Eric Appelt's talk "A brief
// introduction to concurrency and coroutines".

#ifndef RADPRINT_H
#define RADPRINT_H

#include "trace.h"

struct radprint {
    const char *next; // the letter to type, borrowed
    int pause; // ms a letter; 0: the whole line in one step
};

// `text` is valid UTF-8 without control characters and stays where it is until
// the line is typed.
void radprint_start(struct radprint *line, const char *text, int pause);

// Types the next letter, or at the end the newline, on stdout. Returns the
// milliseconds to pause before the next step, or 0 when the line is complete.
// (A macro: the place of the call goes into the trace.)
#define radprint_step(line) radprint_type(line, TRACE_SITE)
int radprint_type(struct radprint *line, const struct trace_site *site);

#endif
