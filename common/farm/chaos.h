// chaos.h - wrong answers, each wrong in one way. No I/O.
//
// Two tables in chaos.c say what each /chaos/KIND sends and what a careful
// client makes of it: an error of errors.h, or none where the answer is only
// odd. The page /chaos/ is made of both.

#ifndef CHAOS_H
#define CHAOS_H

#include "reply.h"

// The answer to a GET of "/chaos/...". That of /chaos/first/K/TOKEN is the good
// one: the failures before it are counted in routes.c.
void chaos_reply(struct reply *reply, const char *target);

// Of "/chaos/first/K/...": K. Anything else: 0.
int chaos_fails_first(const char *target);

#endif
