// engine.h - shared by the tests of the selector, the loop and the tasks: the
// selectors to test with, and the facts that an engine reports.

#ifndef ENGINE_H
#define ENGINE_H

#include "suite.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    "poll",
#ifdef __linux__
    "epoll",
#endif
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

// Returns one number of timing_json(), after loop_free() or async_run().
static inline double fact(const char *name)
{
    char *json;
    size_t size;
    char key[64];
    FILE *out = open_memstream(&json, &size);

    ck_assert_ptr_nonnull(out);
    timing_json(out, NULL, 0, 0);
    fclose(out);
    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = strstr(json, key);
    ck_assert_ptr_nonnull(at);
    double value = strtod(at + strlen(key), NULL);
    free(json);
    return value;
}

#endif
