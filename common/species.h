// species.h - who lives on the farm, in order, and how long each one thinks
// before it says what it always says.

#ifndef SPECIES_H
#define SPECIES_H

#include "slice.h"

int species_count(void);

// 0 <= i < species_count()
const char *species_name(int i);
const char *species_sound(int i);
int species_delay(int i); // ms

// Which animal has this name? -1: none.
int species_find(struct slice name);

#endif
