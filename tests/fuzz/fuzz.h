// fuzz.h - helpers of the fuzzers. Each defines one LLVMFuzzerTestOneInput().

#ifndef FUZZ_H
#define FUZZ_H

#include "must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Returns a copy in a block of exactly `size` bytes, so that a read past the
// end is noticed.
static inline char *copy_of(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);

    must(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

// Returns a copy with a NUL behind.
static inline char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    must(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
