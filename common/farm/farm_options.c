// farm_options.c - the table of the farm's options, and their checks.

#include "farm_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct farm_options, field)

static const struct option table[] = {
    { 1, 0, "port", "N", OPTION_INTEGER, AT(port), 0, 65535,
        "port to listen on (default 0: any that is free)" },
    { 1, 0, "pace", "X", OPTION_SECONDS, AT(pace), 0, 1e6,
        "stretch all delays by this factor (default 1)" },
    { 1, 0, "delay", "MS", OPTION_INTEGER, AT(delay), 0, 1e7,
        "all animals answer after MS milliseconds" },
    { 1, 0, "spread", "MS", OPTION_INTEGER, AT(spread), 0, 1e7,
        "add 0 to MS ms to each delay (default 0)" },
    { 1, 0, "gate", "N", OPTION_INTEGER, AT(gate), 1, 1e6,
        "hold answers until N clients wait (at most 10 s)" },
    { 1, 0, "idle", "SECONDS", OPTION_SECONDS, AT(idle), 0, 1e6,
        "close a kept connection after so long (default 5)" },
    { 1, 0, "selector", "epoll|poll", OPTION_TEXT, AT(selector), 0, 0,
        "the system call that reports ready sockets" },
    { 1, 0, "log", "FILE", OPTION_TEXT, AT(log), 0, 0,
        "write an access log (- is stderr)" },
    { 1, 0, "lifeline", "FD", OPTION_INTEGER, AT(lifeline), 0, INT_MAX,
        "stop at the end of file on this descriptor" },
    { 1, 'h', "help", NULL, OPTION_HELP, 0, 0, 0, "print this help" },
};

#undef AT

static const struct command_line line = {
    .program = "farm",
    .bit = 1,
    .usage = "farm [OPTION]...",
    .about = "Serves slow animals and a web site to crawl on 127.0.0.1.",
    .options = table,
    .num_options = sizeof(table) / sizeof(*table),
};

int farm_options_parse(struct farm_options *options, int argc, char **argv)
{
    char **arguments = calloc((size_t)argc + 1, sizeof(*arguments));
    int num_arguments = 0;

    *options = (struct farm_options){
        .pace = 1,
        .delay = -1,
        .idle = 5,
        .lifeline = -1,
    };
    if (arguments == NULL)
        return command_line_error(&line, "out of memory");
    int code = command_line_parse(
        &line, options, arguments, &num_arguments, argc, argv);
    const char *selector = options->selector;
    if (code == OPTIONS_GO_ON && num_arguments > 0)
        code = command_line_error(&line, "unexpected \"%s\"", arguments[0]);
    else if (code == OPTIONS_GO_ON && selector != NULL
        && strcmp(selector, "epoll") != 0 && strcmp(selector, "poll") != 0)
        code = command_line_error(
            &line, "--selector is epoll or poll, not \"%s\"", selector);
    free(arguments);
    return code;
}
