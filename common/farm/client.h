// client.h - a client's life: it connects, asks, waits and is answered.
//
//     on_request -> [waits] -> on_due -> closed
//                                |  ^
//                                v  | a pause, or a slow reader
//                              on_more
//
// Two function pointers in its source say how a client's story goes on: what to
// call when its descriptor is ready, and what to call when its moment has come.

#ifndef CLIENT_H
#define CLIENT_H

// Takes over `fd`, a connection that is new. A client for which there is no
// memory is hung up on.
void client_connect(int fd);

// Hangs up on everybody, and frees what is shared by all clients.
void client_disconnect_all(void);

// /stats?reset: gates close again.
void client_close_gates(void);

#endif
