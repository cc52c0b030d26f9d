// command_line.h - a parser for command lines, driven by a table of options.
//
// Accepts "--name value", "--name=value", "-q", "-vv" and "--" (all words after
// "--" are arguments). Options and arguments may be mixed.

#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stddef.h>

enum {
    OPTIONS_GO_ON = -1,
    EXIT_FINE = 0,
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_INTERRUPTED = 130, // 128 + SIGINT, as in a shell
};

// The type of an option's field, and the value written to the field.
enum option_kind {
    OPTION_FLAG, // bool: true
    OPTION_NO_FLAG, // bool: false
    OPTION_COUNTER, // int: each use adds 1
    OPTION_TEXT, // const char *
    OPTION_TEXTS, // struct texts: each use appends a text
    OPTION_INTEGER, // int
    OPTION_SIZE, // size_t
    OPTION_SECONDS, // double
    OPTION_HELP, // no field; prints the help
};

struct option {
    int programs; // a bit for each program that has the option
    char letter; // 0: none
    const char *name;
    const char *placeholder; // for the value, in the help; NULL: takes no value
    enum option_kind kind;
    size_t offset; // of the field
    double least;
    double most;
    const char *help;
};

// The values of a repeated option. The array is owned; the texts are borrowed
// from argv.
struct texts {
    const char **texts;
    int count;
};

struct command_line {
    const char *program;
    int bit; // of the program in struct option's `programs`
    const char *usage;
    const char *about; // one line for the help
    const struct option *options;
    int num_options;
    void (*print_notes)(void); // prints below the table of the help; NULL: none
};

// Parses argv into the fields of *values, which holds the defaults. Arguments
// are appended to `arguments`, which has room for argc entries, and counted in
// *num_arguments. Returns OPTIONS_GO_ON, or the exit code to stop with:
// EXIT_FINE after --help (EXIT_SOME_FAILED if the help could not be written),
// EXIT_USAGE after printing an error on stderr.
int command_line_parse(const struct command_line *line, void *values,
    char **arguments, int *num_arguments, int argc, char **argv);

// Prints "PROGRAM: ...; see PROGRAM --help" on stderr and returns EXIT_USAGE.
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
int command_line_error(
    const struct command_line *line, const char *format, ...);

#endif
