// chaos.h - wrong answers, each wrong in one way. No I/O.
//
// A table in chaos.c lists the bytes of most /chaos/KIND, with the error that a
// careful client reports (errors.h), or no error if the answer is only odd. A
// second table has a function for each answer that is too long to list. The
// page /chaos/ shows both tables.

#ifndef CHAOS_H
#define CHAOS_H

#include "reply.h"

// Writes the answer to a GET of "/chaos/...". For /chaos/first/K/TOKEN, writes
// the good answer, which follows K failures: routes.c counts the failures.
void chaos_reply(struct reply *reply, const char *target);

// Returns the number of failures before the first answer: K for
// "/chaos/first/K/...", 0 for any other target.
int chaos_failures(const char *target);

#endif
