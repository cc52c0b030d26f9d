// timeline.h - draws the waits of each animal on a time axis, in text.
//
//             0                 0.5               1.0               1.5 s
//     cow     -------------------------------------------------------### 1.59
//     pig     --------------------------.........####                    1.05
//             - waits for the farm   . waits for the screen   # types
//
// All runs of up to fourteen seconds have the same ruler. A run that is longer
// than a line continues below, like a musical score: stage 1 is visibly long.

#ifndef TIMELINE_H
#define TIMELINE_H

#include "slice.h"

#include <stdio.h>

// Draws the spans from the JSON of `animals` (timing.h), at most `most` rows.
// A `pace` above 1 stretches the ruler in the same way as the farm's delays.
void timeline_draw(FILE *out, struct slice json, int most, double pace);

#endif
