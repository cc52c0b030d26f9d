// timeline.h - who waited for what, and when, drawn with letters.
//
//             0                 0.5               1.0               1.5 s
//     cow     -------------------------------------------------------### 1.59
//     pig     --------------------------.........####                    1.05
//             - waits for the farm   . waits for the screen   # types
//
// The ruler is the same for all stages, up to fourteen seconds. What is longer than a line goes on
// below, like a score: stage 1 is visibly long.

#ifndef TIMELINE_H
#define TIMELINE_H

#include "slice.h"

#include <stdio.h>

// Draws the spans of the JSON of `animals` (timing.h), at most `most` rows.
// `pace` stretches the ruler as it stretches the farm's answers.
void timeline_draw(FILE *out, struct slice json, int most, double pace);

#endif
