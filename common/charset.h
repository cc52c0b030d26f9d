// charset.h - the charset of a page, and windows-1252. No I/O.
//
// In every charset that is readable here, ASCII characters are single bytes
// with their ASCII values. (A byte with an ASCII value may also be part of a
// longer character, but never the byte of < > & = / " ' or of a blank.) Tags
// can therefore be found without decoding the page; only characters beyond
// ASCII depend on the charset.

#ifndef CHARSET_H
#define CHARSET_H

#include "slice.h"

enum charset {
    CHARSET_UTF8,
    CHARSET_1252, // windows-1252; pages labelled iso-8859-1 or ascii as well
    CHARSET_OTHER, // characters beyond ASCII cannot be decoded
    CHARSET_UNREADABLE, // UTF-16 and others in which "<" is not a single byte
};

// The charset of a page that begins with the bytes of `page`: determined by a
// byte order mark, or else by `label`, the name of a charset. If the label is
// absent or unknown and the bytes look like UTF-16, CHARSET_UNREADABLE. If not,
// an unknown label means CHARSET_OTHER, and an absent label UTF-8.
enum charset charset_of(struct slice label, struct slice page);

// The Unicode character of a windows-1252 byte.
unsigned charset_from_1252(unsigned char byte);

// The windows-1252 byte of a Unicode character; -1 if windows-1252 lacks the
// character.
int charset_to_1252(unsigned long code);

#endif
