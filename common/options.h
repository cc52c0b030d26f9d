// options.h - the command lines of all programs, from one table.
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

#include <stdbool.h>
#include <stddef.h>

enum {
    OPTIONS_GO_ON = -1,
    EXIT_FINE = 0,
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_INTERRUPTED = 130, // 128 + SIGINT, as shells say it
};

struct options {
    const char *program; // "animals", "crawl" or "farm"
    const char *stage; // "01-blocking" and so on; set by program.h

    // animals and crawl
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
    const char **resolves; // HOST:PORT:ADDR; owned
    int num_resolves;
    int verbose;

    // farm
    int port;
    double pace;
    int spread; // ms
    const char *log; // a file, "-" for stderr, or NULL
    int lifeline; // a descriptor; its end is the farm's end; -1: none

    char **arguments; // what is not an option, into argv
    int num_arguments;
};

// Fills *options from the command line and the defaults. `program` picks the
// rows of the table. Returns OPTIONS_GO_ON, or the exit code with which to
// stop: EXIT_FINE after --help (EXIT_SOME_FAILED if nobody could read it),
// EXIT_USAGE after a line on stderr. On OPTIONS_GO_ON the caller owes
// options_free().
int options_parse(
    struct options *options, const char *program, int argc, char **argv);

void options_free(struct options *options);

// For the first line of a main(): a standard stream that was closed when the
// program started stays out of use, so that no file or socket gets its number,
// and with it what is meant for the stream. Reading or writing there goes on
// failing with EBADF: an output that nobody can see is an error, as on a full
// disk.
void options_standard_streams(void);

// Raises the soft limit on descriptors to the hard one and returns it.
int options_descriptors(void);

#endif
