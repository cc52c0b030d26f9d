// show.h - runs a stage's two programs and shows the typing, the crawl in one
// line, the timeline and the numbers.

#ifndef SHOW_H
#define SHOW_H

#include "runner.h"
#include "stages.h"

// make stage-N. Returns the exit code of the stage's programs.
int show_stage(const struct stage *stage, const struct farm *farm);

// make play-N: the same for the participant's copy. Where a number differs from
// the stage's own number by more than chance, both are printed. `words` go to
// animals; NULL ends the list.
int show_play(
    const struct stage *stage, const struct farm *farm, char *const words[]);

// make predict-N: first asks the reader to guess three numbers, then prints the
// guesses beside the results.
int show_predict(const struct stage *stage, const struct farm *farm);

#endif
