// program.h - how the programs of all stages begin and end: options, signals,
// tracing, clock; report, JSON, exit code.
//
//     int code = program_begin_animals(&herd, &options, STAGE, argc, argv);
//
//     if (code != OPTIONS_GO_ON)
//         return code;
//     ... ask the animals ...
//     return program_end_animals(&herd, &options);
//
// A program inherits more than its command line. What POSIX or habit gives a
// meaning is respected:
//
//   SIGINT, SIGTERM, SIGQUIT, SIGUSR1  that are ignored stay ignored: a shell
//                                      starts what runs in the background so.
//   blocked signals, limits, umask     They stay as they are; only the limit on
//                                      descriptors is raised, as far as the hard
//                                      limit allows.
//   FARM, CLOCK                        See options.c and clock.c; an empty one
//                                      is as good as none. There is no locale
//                                      and no proxy here.
//
// The rest is survived: standard streams that are closed (nothing gets their
// numbers) or do not block (ours is opened anew, where the system can do that),
// a reader that goes away and a limit of file sizes (failed writes, not SIGPIPE
// and SIGXFSZ), descriptors that are open already (they count).

#ifndef PROGRAM_H
#define PROGRAM_H

#include "frontier.h"
#include "herd.h"
#include "options.h"

// Parse the command line and set everything up: herd or frontier, --resolve,
// --trace, Ctrl-C; raise the limit on descriptors, clamp --max-tasks to it and
// say so; start the clock. Return OPTIONS_GO_ON, or the exit code with which to
// stop; then a line on stderr has said why and nothing is owed.
int program_begin_animals(struct herd *herd, struct options *options,
    const char *stage, int argc, char **argv);
int program_begin_crawl(struct frontier *frontier, struct options *options,
    const char *stage, int argc, char **argv);

// Say on stderr which animals failed, print the report and write the JSON, as
// the options say, free everything that begin has set up, and return the exit
// code.
int program_end_animals(struct herd *herd, struct options *options);
int program_end_crawl(struct frontier *frontier, struct options *options);

#endif
