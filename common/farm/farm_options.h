// farm_options.h - the command line of the farm.

#ifndef FARM_OPTIONS_H
#define FARM_OPTIONS_H

#include "command_line.h"

struct farm_options {
    const char *selector; // "epoll", "poll" or NULL: the better one
    int port; // 0: any that is free
    double pace; // stretches all delays
    int delay; // ms; -1: as each animal pleases
    int spread; // ms
    int gate; // clients; 0: no gate
    const char *log; // a file, "-" for stderr, or NULL
    int lifeline; // a descriptor; its end is the farm's end; -1: none
};

// Fills *options from the command line and the defaults. Returns as
// command_line_parse() does. Nothing is owned.
int farm_options_parse(struct farm_options *options, int argc, char **argv);

#endif
