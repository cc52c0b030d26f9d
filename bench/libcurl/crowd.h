// crowd.h - the transfers that share one multi handle: what multi.c and
// socket.c have in common. How they wait is not here.
//
// Why ten thousand at once cost so much more a transfer than a thousand: for
// each transfer that begins, libcurl looks for a connection to use again and
// goes through all it has to that host, though all are busy (with
// CURLOPT_FRESH_CONNECT it does not; we do as most do). bench/README.md has the
// figures, and two lesser searches.

#ifndef CROWD_H
#define CROWD_H

#include "transfer.h"

struct crowd {
    CURLM *multi;
    const struct client *client;
    struct transfer *transfers;
    int count;
    struct transfer *idle; // the first of those that have nothing to do
    struct timers pauses; // of those that will be made again
    int in_flight;
};

// Returns 0 or -ENOMEM. crowd_free() is due in either case.
int crowd_init(struct crowd *crowd, const struct client *client,
    const struct options *options, int max_tasks);

// Begins what can be begun: what has paused long enough, and what is new.
void crowd_start(struct crowd *crowd);

// Takes the transfers that are over out of the multi handle, and tells the
// client.
void crowd_collect(struct crowd *crowd);

// Is there anything to wait for?
bool crowd_waits(const struct crowd *crowd);

void crowd_free(struct crowd *crowd);

#endif
