// json.h - writes JSON strings, and finds values in JSON written by us.

#ifndef JSON_H
#define JSON_H

#include "slice.h"

#include <stdio.h>

// Writes `text` as a JSON string: quotes, valid UTF-8, all control characters
// escaped (also DEL and C1, because people read JSON on terminals). Each
// maximal subpart of an ill-formed sequence (Unicode 15, section 3.9) becomes
// one U+FFFD: the bytes FF FF become two. An absent slice is written as null.
// Write errors are left to ferror(out).
void json_string(FILE *out, struct slice text);

// Copies `text` into `to`, safe to print on a terminal: one line, valid UTF-8,
// control characters replaced by U+FFFD. `to` has `size` bytes and is always
// NUL-terminated; a text that is too long is cut between two characters.
void json_printable(char *to, size_t size, struct slice text);

// Finds a value in a JSON text. `path` consists of names and indices, as in
// "timing/spans/3/done". Returns the text of the value (strings with their
// quotes), or an absent slice. For JSON that we wrote ourselves: a malformed
// text may yield any part of the text, but never a crash.
struct slice json_find(struct slice json, const char *path);

// As json_find(), converted to a number; `otherwise` if no number is there.
double json_number(struct slice json, const char *path, double otherwise);

#endif
