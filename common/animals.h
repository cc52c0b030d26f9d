// animals.h - who lives on the farm, in order, and how long each one thinks
// before it says what it always says.

#ifndef ANIMALS_H
#define ANIMALS_H

#include "slice.h"

int animals_count(void);

// 0 <= i < animals_count()
const char *animals_name(int i);
const char *animals_sound(int i);
int animals_delay(int i); // ms

// Which animal has this name? -1: none.
int animals_find(struct slice name);

#endif
