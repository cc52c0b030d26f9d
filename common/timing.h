// timing.h - when each fetch did what, and what the whole run cost.
//
// A span is one fetch's diary; whoever makes the fetch keeps it. The marks in
// a fetch.c are four lines, the same in all six stages:
//
//     span_asked(span);      // about to call connect()
//     span_connected(span);
//     span_first_byte(span); // any later call is ignored
//     span_done(span);       // closed; ignored if it was never asked
//
// Marks and counters may be made from any thread.

#ifndef TIMING_H
#define TIMING_H

#include "slice.h"
#include "trace.h"

#include <stdio.h>

struct span {
    int task; // set by its owner: the task's number in the trace
    // Seconds since timing_start(), at least 1e-6; 0: has not happened
    double asked;
    double connected;
    double first_byte;
    double done;
    double screen_asked; // wants to type
    double typing; // has the screen
    double typed;
};

// The clock starts: everything is measured from here.
void timing_start(void);

#define span_asked(span) span_mark_asked(span, TRACE_SITE)
#define span_connected(span) span_mark_connected(span, TRACE_SITE)
#define span_first_byte(span) span_mark_first_byte(span, TRACE_SITE)
#define span_done(span) span_mark_done(span, TRACE_SITE)

// The screen, which only one may have: it is wanted, it is ours, it is given
// back. All marks go into the trace as well: ask, connected, answer, fetched,
// wait lock, lock, unlock.
#define span_screen_asked(span) span_mark_screen_asked(span, TRACE_SITE)
#define span_typing(span) span_mark_typing(span, TRACE_SITE)
#define span_typed(span) span_mark_typed(span, TRACE_SITE)

void span_mark_asked(struct span *span, const struct trace_site *site);
void span_mark_connected(struct span *span, const struct trace_site *site);
void span_mark_first_byte(struct span *span, const struct trace_site *site);
void span_mark_done(struct span *span, const struct trace_site *site);
void span_mark_screen_asked(struct span *span, const struct trace_site *site);
void span_mark_typing(struct span *span, const struct trace_site *site);
void span_mark_typed(struct span *span, const struct trace_site *site);

// Threads come and go: +1 when one starts, -1 when it ends. The first thread
// is counted already.
void timing_threads(int change);

// A number that only this stage can tell, for the JSON's "facts". `name` is
// kept, not copied; told again, the last value counts. At most 8.
void timing_fact(const char *name, double value);

double timing_wall(void); // seconds since timing_start()
int timing_max_in_flight(void); // most fetches between asked and done

// Writes `"timing":{...}`: wall_s, cpu_user_s, cpu_sys_s, max_in_flight,
// peak_rss_kb, threads, voluntary_switches, involuntary_switches, connections,
// then "facts", "in_flight" (the most in flight, step by step), "summary" (of
// the spans) and "spans".
// `spans` points to the first of n spans that are `stride` bytes apart.
void timing_json(FILE *out, const struct span *spans, size_t stride, int n);

#endif
