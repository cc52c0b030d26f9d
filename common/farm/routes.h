// routes.h - the answers of the farm, and their delays.

#ifndef ROUTES_H
#define ROUTES_H

#include "reply.h"

#include <stdbool.h>

// The parts of a request on which the answer depends.
struct question {
    const char *target;
    const char *host;
    int status; // of a refusal; 0: the request is fine
};

struct route {
    const char *prefix;
    int (*delay)(const char *target); // ms; NULL: no delay
    int (*gate)(const char *target); // clients to wait for; NULL: no gate
    void (*answer)(const struct question *question, struct reply *reply);
    int (*fails_first)(const char *target); // number of failures; NULL: 0
};

// The route of /stats. Its requests are not counted, so that reading the
// counters does not change them.
extern const struct route route_stats;

// Returns the route of a question; never NULL.
const struct route *route_find(const struct question *question);

// Fills the cleared `reply`, or leaves it empty if this request is to fail.
void route_answer(const struct route *route, const struct question *question,
    struct reply *reply);

#endif
