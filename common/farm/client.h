// client.h - one client of the farm, from its request to its last byte.
//
//     on_request -> [waits] -> on_due -> closed, or on_request again
//                                |  ^
//                                v  | a pause, or a slow reader
//                              on_more
//
// Two function pointers in the client's struct source (farm.h) hold the next
// step: on_ready for a ready descriptor, on_deadline for a deadline that has
// come.

#ifndef CLIENT_H
#define CLIENT_H

// Takes ownership of `fd`, a new connection. Out of memory: closes `fd`.
void client_connect(int fd);

// Closes all connections and frees the memory that the clients share.
void client_disconnect_all(void);

// Closes all gates again, for /stats?reset.
void client_close_gates(void);

#endif
