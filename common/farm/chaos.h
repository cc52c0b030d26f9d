// chaos.h - wrong answers, each wrong in one way. No I/O.
//
// Two tables in chaos.c list the bytes of each /chaos/KIND and the error that a
// careful client reports (errors.h), or none where the answer is only odd. The
// page /chaos/ shows both tables.

#ifndef CHAOS_H
#define CHAOS_H

#include "reply.h"

// Writes the answer to a GET of "/chaos/...". For /chaos/first/K/TOKEN this is
// the good answer: the K failures before it are counted in routes.c.
void chaos_reply(struct reply *reply, const char *target);

// Returns K for "/chaos/first/K/...", 0 for any other target.
int chaos_fails_first(const char *target);

#endif
