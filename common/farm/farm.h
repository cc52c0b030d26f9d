// farm.h - what the parts of the farm share: the doors and the loop (farm.c), a
// client's life (client.c), and what is answered (routes.c).

#ifndef FARM_H
#define FARM_H

#include "farm_options.h"
#include "selector.h"
#include "timers.h"

#include <stdio.h>

// Something that the loop waits for: a descriptor, a moment, or both, and the
// functions to call then.
struct source {
    struct timer timer; // first: a pointer to one is a pointer to the other
    void (*on_ready)(struct source *source);
    void (*on_time)(struct source *source);
    int fd;
};

struct server {
    struct farm_options options;
    struct selector *selector;
    struct timers timers;
    FILE *log; // or NULL
    // For /stats:
    int open; // connections
    int in_flight; // requests that have been read and not been answered
    int waiting; // of those, before their moment
    int peak; // of in_flight
    long connected;
    long requests;
    long responses;
    long vanished; // clients that left before their answer
};

extern struct server server;

// To be called when a client has left: if clients were kept outside for lack of
// a descriptor, the doors open again.
void farm_has_room(void);

#endif
