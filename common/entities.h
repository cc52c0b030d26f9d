// entities.h - character references: "&amp;", "&eacute;", "&#233;". No I/O.
//
// Known by name are all that count without a semicolon (the letters and signs
// of Latin-1, &amp;, &lt;, &gt;, &quot; and some in capitals), the rest of HTML
// 4 (Greek letters, arrows, dashes, quotation marks) and all that stand for a
// character of ASCII (&sol;, &quest;, &num;, &Tab; and so on). HTML has some
// 1,800 more, mathematical nearly all; as they are not known here, such a name
// stays as it is written. Numbers 128 to 159 mean what windows-1252 has there.

#ifndef ENTITIES_H
#define ENTITIES_H

#include "slice.h"

// Reads the reference that `text`, which begins with "&", begins with, as in
// the value of an attribute. Returns its length and *code, a Unicode scalar
// value; 0 if there is none that is known here.
size_t entity_scan(struct slice text, unsigned long *code);

#endif
