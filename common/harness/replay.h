// replay.h - make replay: a page that replays recorded runs.

#ifndef REPLAY_H
#define REPLAY_H

#include "runner.h"

// Records one run of the animals for each folder ("04-callbacks", or a copy
// such as "play/04-callbacks") and writes replay.html into the build folder.
// NULL ends `folders`. Returns an exit code.
int replay(const struct farm *farm, char *const folders[]);

#endif
