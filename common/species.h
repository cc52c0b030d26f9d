// species.h - the animals of the farm, in the order of the farm's list.

#ifndef SPECIES_H
#define SPECIES_H

#include "slice.h"

struct species {
    const char *name;
    const char *sound;
    int delay; // ms until the animal answers
};

enum { NUM_SPECIES = 12 };

// All delays add up to 8.8 seconds, and the longest is 1.5: the difference is
// the subject of this tutorial.
extern const struct species species[NUM_SPECIES];

// The species with this name, or NULL.
const struct species *species_find(struct slice name);

#endif
