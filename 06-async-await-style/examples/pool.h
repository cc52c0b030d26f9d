// pool.h - connections that are kept from one request to the next, and a line
// of tasks that wait for a connection. keep_alive.patch uses this pool.
//
//     static struct pool pool; // zeroed at first
//
//     int fd = await(pool_take(&pool, address, &is_kept));
//     ... one request and its response ...
//     pool_give(&pool, address, fd, response.keeps);

#ifndef POOL_H
#define POOL_H

#include "async.h"
#include "net.h"

#include <errno.h>

#define POOL_MOST 10 // connections at a time, to all servers together
#define POOL_IDLE 2.0 // seconds; most servers close idle connections later

struct pool_connection {
    const struct address *address;
    int fd;
    double since; // when it became idle
};

struct pool {
    struct pool_connection idle[POOL_MOST]; // the longest idle one is the first
    int num_idle;
    int num_used;
    struct lock line; // held by the first task in line, until there is room
    struct condition given; // wakes the first task in line
};

static inline int pool_remove(struct pool *pool, int i)
{
    int fd = pool->idle[i].fd;

    pool->num_idle--;
    for (; i < pool->num_idle; i++)
        pool->idle[i] = pool->idle[i + 1];
    return fd;
}

// An idle connection must have nothing to read. An end of file means that the
// server has closed the connection. Bytes answer no request of ours, and the
// next task would take them for its response.
static inline bool pool_is_quiet(int fd)
{
    char byte;

    return net_result(recv(fd, &byte, 1, MSG_PEEK)) == -EAGAIN;
}

// Returns the connection that became idle last, as the server has had the least
// time to close it; -1 if there is none to this address.
static inline int pool_find(struct pool *pool, const struct address *address)
{
    for (int i = pool->num_idle - 1; i >= 0; i--) {
        if (pool->idle[i].address != address)
            continue;
        int fd = pool_remove(pool, i);
        if (pool_is_quiet(fd))
            return fd;
        task_close(fd);
    }
    return -1;
}

// Returns a kept connection to this address, otherwise a new socket, or an
// error. While POOL_MOST are in use, waits: first come, first served.
static inline async_int pool_take(
    struct pool *pool, const struct address *address, bool *is_kept)
{
    int n = await(lock_take(&pool->line));
    while (n == 0 && pool->num_used == POOL_MOST)
        n = await(condition_wait(&pool->given));
    lock_give(&pool->line);
    if (n != 0)
        return (async_int){ n };
    double limit = clock_now() - POOL_IDLE;
    while (pool->num_idle > 0 && pool->idle[0].since < limit)
        task_close(pool_remove(pool, 0));
    int fd = pool_find(pool, address);
    *is_kept = fd >= 0;
    if (!*is_kept) {
        if (pool->num_used + pool->num_idle == POOL_MOST)
            task_close(pool_remove(pool, 0)); // it leads to another server
        fd = net_socket_nonblocking(address);
    }
    pool->num_used += fd >= 0;
    return (async_int){ fd };
}

// Keeps the connection for later, or closes it. A negative `fd` means that it is
// closed already: `keep` must then be false.
static inline void pool_give(
    struct pool *pool, const struct address *address, int fd, bool keep)
{
    pool->num_used--;
    if (keep)
        pool->idle[pool->num_idle++] =
            (struct pool_connection){ address, fd, clock_now() };
    else
        task_close(fd);
    condition_signal(&pool->given);
}

// Closes all idle connections. For tasks only, like task_close().
static inline void pool_close(struct pool *pool)
{
    while (pool->num_idle > 0)
        task_close(pool_remove(pool, 0));
}

#endif
