// crowd.h - `make crowd`: ten thousand waiting clients; `make where`: thirteen
// waiting tasks.

#ifndef CROWD_H
#define CROWD_H

#include "runner.h"

// Runs $N clients against the farm's one thread and prints, during the run, how
// many are waiting. Returns an exit code.
int crowd(const struct farm *farm);

// Runs stage 6 and prints the dump that Ctrl-\ requests in the middle of the
// run. Returns an exit code.
int where(const struct farm *farm);

#endif
