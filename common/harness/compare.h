// compare.h - `make compare`: all stages side by side.

#ifndef COMPARE_H
#define COMPARE_H

#include "runner.h"

// Runs every stage that is built against the farm, prints the tables of twelve
// and of a thousand animals, and saves the numbers as compare.csv in the build
// folder. Returns an exit code.
int compare(const struct farm *farm);

#endif
