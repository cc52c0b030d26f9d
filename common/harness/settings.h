// settings.h - what make was told, and passes on in the environment.

#ifndef SETTINGS_H
#define SETTINGS_H

// The value of a variable, as in `make stage-2 N=24`; `otherwise` if it is not
// set, or empty.
const char *settings_get(const char *name, const char *otherwise);

// Where things are built ($BUILD).
const char *settings_build_folder(void);

#endif
