// farm.h - types and state shared by the parts of the farm: the listeners and
// the loop (farm.c), the clients (client.c), the answers (routes.c).

#ifndef FARM_H
#define FARM_H

#include "farm_options.h"
#include "selector.h"
#include "timers.h"

#include <stdio.h>

// A source of events: a descriptor, a deadline or both, with the functions that
// the loop calls when the descriptor is ready or the deadline has come.
struct source {
    struct timer timer; // first, so that a timer can be cast to its source
    void (*on_ready)(struct source *source);
    void (*on_deadline)(struct source *source);
    int fd;
};

struct server {
    struct farm_options options;
    struct selector *selector;
    struct timers timers;
    FILE *log; // or NULL
    // For /stats:
    int open; // connections
    int in_flight; // requests read but not yet answered
    int waiting; // requests in flight that a delay or a gate holds back
    int peak; // highest in_flight so far
    long connected; // connections accepted, without those for /stats
    long requests;
    long responses;
    long vanished; // clients that left before the end of their answer
};

extern struct server server;

// Call after a client has left: if accepting was paused because no descriptor
// was free, the listeners are watched again.
void farm_has_room(void);

#endif
