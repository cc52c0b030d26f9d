// options.h - the command lines of animals and crawl, in all stages.
//
//     struct options options;
//     int code = options_parse(&options, "animals", argc, argv);
//
//     if (code != OPTIONS_GO_ON)
//         return code;
//     ...
//     options_free(&options);

#ifndef OPTIONS_H
#define OPTIONS_H

#include "command_line.h"

#include <stdbool.h>
#include <stddef.h>

struct options {
    const char *program; // "animals" or "crawl"
    const char *stage; // "01-blocking" and so on; set by program.h

    // Both programs
    const char *selector; // "epoll" or "poll"; NULL: the best available
    const char *json; // a file, "-" for stdout, or NULL
    const char *trace; // a file or NULL
    bool quiet;
    int max_tasks; // at least 1
    double timeout; // seconds for one try, from connect to the last byte

    // animals
    const char *server;
    int count; // number of fetches; 0: one for each name
    int delay; // ms; -1: each animal's own
    int typing; // ms per letter

    // crawl
    int max_redirect;
    int max_tries;
    int max_pages; // 0: no limit
    size_t max_body;
    const char *exclude; // a POSIX extended regular expression, or NULL
    bool lenient;
    bool broken; // report only broken links
    struct texts resolves; // HOST:PORT:ADDR
    int verbose;

    char **arguments; // words of argv that are not options
    int num_arguments;
};

// Fills *options from the command line and the defaults, with the options of
// `program`. Returns as command_line_parse() does. After OPTIONS_GO_ON the
// caller must call options_free().
int options_parse(
    struct options *options, const char *program, int argc, char **argv);

void options_free(struct options *options);

#endif
