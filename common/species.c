// species.c - the table of animals: name, sound, delay.

#include "species.h"

#include <stddef.h>

const struct species species[NUM_SPECIES] = {
    { "cow", "Moo!", 1500 },
    { "pig", "Oink!", 700 },
    { "sheep", "Baaa!", 400 },
    { "chicken", "Cluck!", 900 },
    { "bird", "Tweet!", 300 },
    { "duck", "Quack!", 600 },
    { "dog", "Woof!", 600 },
    { "cat", "Meow!", 600 },
    { "frog", "Ribbit!", 600 },
    { "horse", "Neigh!", 1100 },
    { "turkey", "Gobble-Gobble!", 1300 },
    { "rooster", "Cock-a-Doodle-Doo!", 200 },
};

const struct species *species_find(struct slice name)
{
    for (int i = 0; i < NUM_SPECIES; i++) {
        if (slice_equal(name, slice_of(species[i].name)))
            return &species[i];
    }
    return NULL;
}
