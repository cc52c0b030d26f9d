// settings.h - the variables of make, which are passed on in the environment.

#ifndef SETTINGS_H
#define SETTINGS_H

// Returns the value of a variable, as in `make stage-2 N=24`, or `otherwise` if
// the variable is unset or empty.
const char *settings_get(const char *name, const char *otherwise);

// Returns the build folder ($BUILD).
const char *settings_build_folder(void);

#endif
