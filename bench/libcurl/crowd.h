// crowd.h - all transfers of one multi handle: the common part of multi.c and
// socket.c, which differ only in how they wait.
//
// With ten thousand transfers at once, a transfer costs far more than with a
// thousand: for each new transfer, libcurl searches all connections to the host
// for an idle connection, although all are busy. CURLOPT_FRESH_CONNECT would
// prevent the search, but few programs set the option. bench/READING.md has the
// figures, and describes two lesser searches.

#ifndef CROWD_H
#define CROWD_H

#include "transfer.h"

struct crowd {
    CURLM *multi;
    const struct client *client;
    struct transfer *transfers;
    int count;
    struct transfer *idle; // a list, linked by next_idle
    struct timers pauses; // of transfers that will be tried again
    int in_flight;
};

// Returns 0 or -ENOMEM. crowd_free() is due in either case.
int crowd_init(struct crowd *crowd, const struct client *client,
    const struct options *options, int max_tasks);

// Starts all transfers that can start: retries after their pause, and new
// transfers.
void crowd_start(struct crowd *crowd);

// Removes finished transfers from the multi handle, and calls the client's
// done().
void crowd_collect(struct crowd *crowd);

// Is there anything to wait for?
bool crowd_waits(const struct crowd *crowd);

void crowd_free(struct crowd *crowd);

#endif
