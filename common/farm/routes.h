// routes.h - what is answered, and after how long.

#ifndef ROUTES_H
#define ROUTES_H

#include "reply.h"

#include <stdbool.h>

// What an answer is made from.
struct question {
    const char *target;
    const char *host;
    int status; // of a refusal; 0: the request is fine
};

struct route {
    const char *prefix;
    int (*delay)(const char *target); // ms; NULL: at once
    int (*gate)(const char *target); // clients to wait for; NULL: none
    void (*answer)(const struct question *question, struct reply *reply);
    int (*fails_first)(const char *target); // how often; NULL: never
};

// The route of /stats. Requests for it are not counted: looking must not change
// the numbers.
extern const struct route route_stats;

// The route of a question. There is always one.
const struct route *route_find(const struct question *question);

// Fills `reply`, which has been cleared; it stays empty if this request is one
// that fails at first.
void route_answer(const struct route *route, const struct question *question,
    struct reply *reply);

#endif
