// crowd.h - ten thousand clients that wait, and where thirteen tasks do.

#ifndef CROWD_H
#define CROWD_H

#include "runner.h"

// make crowd: $N clients of the farm's one thread, counted while they wait.
// Returns an exit code.
int crowd(const struct farm *farm);

// make where: what Ctrl-\ prints when stage 6 is in the middle of its work.
// Returns an exit code.
int where(const struct farm *farm);

#endif
