// slice.h - a borrowed piece of text: a pointer and a length.
//
// A slice owns nothing, is not NUL-terminated, and is valid as long as the text
// that the pointer points into. `at` is NULL for an absent value.

#ifndef SLICE_H
#define SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *at;
    size_t len;
};

static inline struct slice slice_of(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

// Unlike tolower(), independent of the locale: protocol keywords are ASCII.
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The value of a hexadecimal digit, or -1.
static inline int ascii_hex(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

// Is `a` equal to `b`, ignoring ASCII case?
static inline bool slice_like(struct slice a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b[i]))
            return false;
    }
    return true;
}

// Is `text` equal to one of the words, ignoring ASCII case?
static inline bool slice_is_one_of(
    struct slice text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_like(text, words[i]))
            return true;
    }
    return false;
}

#endif
