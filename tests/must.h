// must.h - an assertion that prints its condition and aborts. For code without
// Check's assertions: the fuzzers, and callbacks that must not allocate.

#ifndef MUST_H
#define MUST_H

#include <stdio.h>
#include <stdlib.h>

// Like assert(), even with NDEBUG.
#define must(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, \
                #condition); \
            abort(); \
        } \
    } while (0)

#endif
