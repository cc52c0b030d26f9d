// charset.h - what the bytes of a page mean, decided here and nowhere else.
// No I/O.
//
// In all charsets that are readable here, the bytes of ASCII are those of ASCII
// (or the second half of a letter, but then never one that HTML is made of), so
// that tags are found in any of them. Only what lies beyond ASCII differs.

#ifndef CHARSET_H
#define CHARSET_H

#include "slice.h"

enum charset {
    CHARSET_UTF8,
    CHARSET_1252, // windows-1252; also what is called iso-8859-1 or ascii
    CHARSET_OTHER, // letters beyond ASCII are not known
    CHARSET_UNREADABLE, // UTF-16 and others in which "<" is no byte of its own
};

// The charset of a page that begins with these bytes, by its byte order mark or
// else by `label`, the name of a charset (absent or unknown: UTF-8, unless the
// bytes look like UTF-16).
enum charset charset_of(struct slice label, struct slice page);

// The character that a byte is in windows-1252, and the other way round: -1 for
// a character that it does not have.
unsigned charset_1252(unsigned char byte);
int charset_to_1252(unsigned long code);

#endif
