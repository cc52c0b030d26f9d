// entities.h - character references: "&amp;", "&eacute;", "&#233;". No I/O.
//
// The known names are:
//   - names that need no semicolon: the letters and signs of Latin-1, &amp;,
//     &lt;, &gt;, &quot; and a few of the same names in capitals;
//   - the other names of HTML 4: Greek letters, arrows, dashes, quotes;
//   - names of ASCII characters: &sol;, &quest;, &num;, &Tab; and so on.
// HTML has some 1,800 more, nearly all for mathematics. A reference with an
// unknown name stays as written. The numbers 128 to 159 are read as
// windows-1252 bytes.

#ifndef ENTITIES_H
#define ENTITIES_H

#include "slice.h"

// Reads the reference at the start of `text`, which begins with "&", by the
// rules for attribute values. Returns the length of the reference and sets
// *code to a Unicode scalar value; returns 0 if no known reference is there.
size_t entity_scan(struct slice text, unsigned long *code);

#endif
