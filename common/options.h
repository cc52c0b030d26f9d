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
    const char *selector; // "epoll", "poll" or NULL: the better one
    const char *json; // a file, "-" for stdout, or NULL
    const char *trace; // a file or NULL
    bool quiet;
    int max_tasks; // at least 1
    double timeout; // seconds for one try, connect to last byte

    // animals
    const char *server;
    int count; // 0: one fetch a name
    int delay; // ms; -1: as the animal pleases
    int typing; // ms a letter

    // crawl
    int max_redirect;
    int max_tries;
    int max_pages; // 0: no limit
    size_t max_body;
    const char *exclude; // a POSIX extended regular expression, or NULL
    bool lenient;
    bool broken; // report only what is broken
    struct texts resolves; // HOST:PORT:ADDR
    int verbose;

    char **arguments; // what is not an option, into argv
    int num_arguments;
};

// Fills *options from the command line and the defaults. `program` picks the
// rows of the table. Returns as command_line_parse() does. On OPTIONS_GO_ON the
// caller owes options_free().
int options_parse(
    struct options *options, const char *program, int argc, char **argv);

void options_free(struct options *options);

#endif
