// timing.h - the times of each fetch, and the cost of the whole run.
//
// A span holds the times of a fetch; the code that makes the fetch owns the
// span. The marks in fetch.c are four lines, the same in all six stages:
//
//     span_asked(span);      // about to call connect()
//     span_connected(span);
//     span_first_byte(span); // only the first call counts
//     span_done(span);       // closed; ignored without span_asked()
//
// Marks may be made, and timing_threads() called, in any thread.

#ifndef TIMING_H
#define TIMING_H

#include "slice.h"
#include "trace.h"

#include <stdio.h>

struct span {
    int task; // set by the owner: the number of the task in the trace
    // Seconds since timing_start(), at least 1e-6; 0: has not happened
    double asked;
    double connected;
    double first_byte;
    double done;
    double screen_asked; // starts waiting for the screen
    double typing; // has the screen
    double typed; // is about to release the screen
};

// Starts the clock: all times are measured from this call.
void timing_start(void);

#define span_asked(span) span_mark_asked(span, TRACE_SITE)
#define span_connected(span) span_mark_connected(span, TRACE_SITE)
#define span_first_byte(span) span_mark_first_byte(span, TRACE_SITE)
#define span_done(span) span_mark_done(span, TRACE_SITE)

// Marks for the screen, which only one task may use at a time: before waiting
// for the screen, when the task has the screen, and after the last letter, just
// before the task releases the screen.
//
// All marks are recorded in the trace as well, as: ask, connected, answer,
// fetched, wait lock, lock, unlock.
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

// Counts threads: +1 when a thread starts, -1 when a thread ends. The main
// thread is already counted.
void timing_threads(int change);

// Sets a number in the JSON's "facts", which differ from stage to stage.
// Borrows `name`. At most 12 names.
void timing_fact(const char *name, double value);

double timing_wall(void); // seconds since timing_start()
int timing_max_in_flight(void); // the highest number of fetches at once

// Writes `"timing":{...}`: wall_s, cpu_user_s, cpu_sys_s, max_in_flight,
// peak_rss_kb, threads, voluntary_switches, involuntary_switches, connections,
// then "facts", "in_flight" (the maximum in flight in each step of time),
// "summary" (of the spans) and "spans". `spans` points to the first of n spans
// at intervals of `stride` bytes.
void timing_json(FILE *out, const struct span *spans, size_t stride, int n);

#endif
