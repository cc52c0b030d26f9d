// farm_options.h - the command line of the farm.

#ifndef FARM_OPTIONS_H
#define FARM_OPTIONS_H

#include "command_line.h"

struct farm_options {
    const char *selector; // "epoll" or "poll"; NULL: the best available
    int port; // 0: any that is free
    double pace; // factor for all delays
    int delay; // ms; -1: each animal's own
    int spread; // ms; each delay grows by 0 to `spread`
    int gate; // clients; 0: no gate
    double idle; // seconds
    const char *log; // a file, "-" for stderr, or NULL
    int lifeline; // the farm stops at its end of file; -1: none
};

// Fills *options from the defaults and the command line. Returns the result of
// command_line_parse(). The strings point into argv.
int farm_options_parse(struct farm_options *options, int argc, char **argv);

#endif
