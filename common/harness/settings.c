// settings.c - getenv(), with defaults.

#include "settings.h"

#include <stdlib.h>

const char *settings_get(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : otherwise;
}

const char *settings_build_folder(void)
{
    return settings_get("BUILD", "build");
}
