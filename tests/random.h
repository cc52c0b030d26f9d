// random.h - a small generator: the same numbers on every system.

#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

// Returns the next number. `seed` must not be 0.
static inline uint32_t random_next(uint32_t *seed)
{
    *seed ^= *seed << 13; // xorshift32
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

// Returns a number from 0 to `limit` - 1.
static inline uint32_t random_below(uint32_t *seed, uint32_t limit)
{
    return (random_next(seed) >> 8) % limit;
}

#endif
