// show.h - runs a stage's two programs and shows what they did: the typing, the
// crawl in a line, the timeline, the numbers.

#ifndef SHOW_H
#define SHOW_H

#include "runner.h"
#include "stages.h"

// make stage-N. Returns the exit code of the stage's programs.
int show_stage(const struct stage *stage, const struct farm *farm);

// make play-N: the same for the participant's copy. Below a number that differs
// from the stage's own by more than chance, the stage's own is printed. `words` go to animals; NULL ends them.
int show_play(
    const struct stage *stage, const struct farm *farm, char *const words[]);

// make predict-N: asks for three numbers first, and puts them beside the
// results.
int show_predict(const struct stage *stage, const struct farm *farm);

#endif
