// json.h - JSON: write it well, read back what we wrote.

#ifndef JSON_H
#define JSON_H

#include "slice.h"

#include <stdio.h>

// Writes `text` as a JSON string: quotes, valid UTF-8, all control characters
// escaped (DEL and C1 too: people look at JSON on terminals). What is not UTF-8
// becomes U+FFFD, one for each maximal piece (Unicode 15, 3.9). An absent slice
// is written as null. Errors stay with the stream.
void json_string(FILE *out, struct slice text);

// Copies `text` into `to` (of `size` bytes, always NUL-terminated) as it may
// stand on a terminal: one line, valid UTF-8, control characters as U+FFFD.
// What does not fit is cut between characters.
void json_printable(char *to, size_t size, struct slice text);

// A value in a JSON text: `path` leads there by names and indices, as in
// "timing/spans/3/done". Returns its text (strings with their quotes), or
// an absent slice. Reads what we wrote; hostile input ends in an absent slice.
struct slice json_find(struct slice json, const char *path);

// As json_find(), as a number; `otherwise` where there is none.
double json_number(struct slice json, const char *path, double otherwise);

#endif
