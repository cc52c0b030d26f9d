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
    int (*gate)(const char *target); // in clients; NULL: no gate
    void (*answer)(const struct question *question, struct reply *reply);
    int (*failures)(const char *target); // before the first answer; NULL: 0
};

// The route of /stats. Requests for /stats are not counted: reading the
// counters must not change the counters.
extern const struct route route_stats;

// Returns the route of a question; never NULL.
const struct route *route_find(const struct question *question);

// Fills the cleared `reply`, or leaves it empty if this request is to fail.
void route_answer(const struct route *route, const struct question *question,
    struct reply *reply);

#endif
