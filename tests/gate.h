// gate.h - a gate for threads, made of two pipes. A thread waits at the gate
// until the test lets it pass, so no test depends on the speed of a thread.

#ifndef GATE_H
#define GATE_H

#include "story.h"

#include "sockets.h"

static int gate[2]; // a byte lets one thread pass
static int arrivals[2]; // a byte from each thread that has arrived

static inline void open_gate(void)
{
    ck_assert_int_eq(pipe(gate), 0);
    ck_assert_int_eq(pipe(arrivals), 0);
}

// Called by a thread, which must not use Check: returns false on an error.
static inline bool pass_gate(void)
{
    char byte;

    return write(arrivals[1], "x", 1) == 1 && read(gate[0], &byte, 1) == 1;
}

static inline void let_pass(int n)
{
    while (n-- > 0)
        ck_assert_int_eq((int)write(gate[1], "x", 1), 1);
}

// Waits until one more thread is at the gate. Returns 0.
static inline async_int one_arrives(void)
{
    char byte;

    int n = await(readable(arrivals[0], CLOCK_NEVER));
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq((int)read(arrivals[0], &byte, 1), 1);
    return (async_int){ 0 };
}

#endif
