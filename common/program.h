// program.h - how the programs of all stages begin (options, signals, trace,
// clock) and end (report, JSON, exit code).
//
//     int code = program_begin_animals(&herd, &options, STAGE, argc, argv);
//
//     if (code != OPTIONS_GO_ON)
//         return code;
//     ... ask the animals ...
//     return program_end_animals(&herd, &options);
//
// A program inherits a state from its parent process. Where POSIX or convention
// gives that state a meaning, the programs respect it:
//
//   SIGINT, SIGTERM, SIGQUIT, SIGUSR1  Stay ignored if ignored: shells start
//                                      background programs that way.
//   blocked signals, limits, umask     Stay unchanged, except that the limit on
//                                      descriptors is raised to the hard limit.
//   FARM, CLOCK                        See options.c and clock.c; empty is the
//                                      same as unset. Variables for locale and
//                                      proxy are not read.
//
// The programs also cope with: standard streams that are closed (no file gets
// their numbers) or non-blocking (reopened as blocking where possible); a
// reader of the output that goes away and a limit on file sizes (the write
// fails; no SIGPIPE or SIGXFSZ ends the program); descriptors that are already
// open (subtracted from the limit).

#ifndef PROGRAM_H
#define PROGRAM_H

#include "frontier.h"
#include "herd.h"
#include "options.h"

// Parse the command line and set everything up: herd or frontier, --resolve,
// --trace, Ctrl-C; raise the limit on descriptors, and reduce --max-tasks with
// a warning if necessary; start the clock. Return OPTIONS_GO_ON, or, after
// printing the reason on stderr and freeing everything, the exit code to stop
// with.
int program_begin_animals(struct herd *herd, struct options *options,
    const char *stage, int argc, char **argv);
int program_begin_crawl(struct frontier *frontier, struct options *options,
    const char *stage, int argc, char **argv);

// Print failures on stderr and the report, write the JSON file, as requested by
// the options; free everything set up at the beginning; return the exit code.
int program_end_animals(struct herd *herd, struct options *options);
int program_end_crawl(struct frontier *frontier, struct options *options);

#endif
