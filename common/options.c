// options.c - the table of all options of animals and crawl, and their
// defaults.

#include "options.h"

#include "http.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ANIMALS = 1,
    CRAWL = 2,
    BOTH = ANIMALS | CRAWL,
};

#define AT(field) offsetof(struct options, field)

static const struct option table[] = {
    { ANIMALS, 0, "server", "URL", OPTION_TEXT, AT(server), 0, 0,
        "the farm (default $FARM or http://127.0.0.1:8888)" },
    { ANIMALS, 0, "count", "N", OPTION_INTEGER, AT(count), 1, 1e6,
        "make N fetches, repeating the names if necessary" },
    { ANIMALS, 0, "delay", "MS", OPTION_INTEGER, AT(delay), 0, 1e7,
        "ask the farm to answer after MS milliseconds" },
    { ANIMALS, 0, "typing", "MS", OPTION_INTEGER, AT(typing), 0, 10000,
        "pause per letter (default 4; 0 if piped)" },
    { ANIMALS, 0, "max-tasks", "N", OPTION_INTEGER, AT(max_tasks), 1, 1e6,
        "at most N fetches in flight (default: all)" },
    { CRAWL, 0, "max-tasks", "N", OPTION_INTEGER, AT(max_tasks), 1, 1e6,
        "at most N fetches in flight (default 10)" },
    { BOTH, 0, "timeout", "SECONDS", OPTION_SECONDS, AT(timeout), 0.001, 1e6,
        "for a try, from connect to last byte (default 10)" },
    { CRAWL, 0, "max-redirect", "N", OPTION_INTEGER, AT(max_redirect), 0, 1000,
        "follow at most N redirects a chain (default 10)" },
    { CRAWL, 0, "max-tries", "N", OPTION_INTEGER, AT(max_tries), 1, 1000,
        "at most N tries of each URL (default 4)" },
    { CRAWL, 0, "max-pages", "N", OPTION_INTEGER, AT(max_pages), 1, INT_MAX,
        "stop after N URLs (default: no limit)" },
    { CRAWL, 0, "max-body", "BYTES", OPTION_SIZE, AT(max_body), 0, 1e15,
        "largest body accepted (default 16777216)" },
    { CRAWL, 0, "exclude", "REGEX", OPTION_TEXT, AT(exclude), 0, 0,
        "do not follow URLs that match (POSIX extended)" },
    { CRAWL, 0, "strict", NULL, OPTION_NO_FLAG, AT(lenient), 0, 0,
        "stay on the roots' hosts, www. or not (default)" },
    { CRAWL, 0, "lenient", NULL, OPTION_FLAG, AT(lenient), 0, 0,
        "stay on hosts that share their last two labels" },
    { CRAWL, 0, "resolve", "HOST:PORT:ADDR", OPTION_TEXTS, AT(resolves), 0, 0,
        "connect to ADDR for HOST:PORT; may be repeated" },
    { CRAWL, 0, "broken", NULL, OPTION_FLAG, AT(broken), 0, 0,
        "report only broken links, each with its page" },
    { BOTH, 0, "selector", "epoll|poll", OPTION_TEXT, AT(selector), 0, 0,
        "the system call that reports ready sockets" },
    { BOTH, 0, "json", "FILE", OPTION_TEXT, AT(json), 0, 0,
        "write the results as JSON (-: stdout, needs -q)" },
    { BOTH, 0, "trace", "FILE", OPTION_TEXT, AT(trace), 0, 0,
        "record the waits of tasks (Chrome Trace Event)" },
    { CRAWL, 'v', "verbose", NULL, OPTION_COUNTER, AT(verbose), 0, 0,
        "print each retry (-v), each URL (-vv) on stderr" },
    { BOTH, 'q', "quiet", NULL, OPTION_FLAG, AT(quiet), 0, 0,
        "print nothing but errors" },
    { BOTH, 'h', "help", NULL, OPTION_HELP, 0, 0, 0, "print this help" },
};

#undef AT

static void print_exit_codes(void)
{
    printf("\nExit codes: 0 all went well, 1 something failed, "
           "2 wrong usage, 130 interrupted.\n");
}

static void print_limits(void)
{
    printf("\nFurther limits: %d KiB of headers, %d bytes a URL.\n",
        HTTP_MAX_HEAD / 1024, URL_MAX);
    print_exit_codes();
}

enum { TABLE_SIZE = sizeof(table) / sizeof(*table) };

static const struct command_line lines[] = {
    { "animals", ANIMALS, "animals [OPTION]... [NAME]...",
        "Asks a slow farm what its animals say, and types the answers.", table,
        TABLE_SIZE, print_exit_codes },
    { "crawl", CRAWL, "crawl [OPTION]... URL...",
        "Fetches all pages that can be reached from the URLs, once each.",
        table, TABLE_SIZE, print_limits },
};

// Checks the rules that the table cannot express.
static int check(const struct command_line *line, const struct options *options)
{
    if (options->selector != NULL && strcmp(options->selector, "epoll") != 0
        && strcmp(options->selector, "poll") != 0)
        return command_line_error(
            line, "--selector is epoll or poll, not \"%s\"", options->selector);
    if (options->json != NULL && strcmp(options->json, "-") == 0
        && !options->quiet)
        return command_line_error(line, "--json - needs -q");
    return OPTIONS_GO_ON;
}

int options_parse(
    struct options *options, const char *program, int argc, char **argv)
{
    const char *farm = getenv("FARM"); // set by the harness
    bool is_crawl = strcmp(program, "crawl") == 0;
    const struct command_line *line = &lines[is_crawl ? 1 : 0];

    *options = (struct options){
        .program = program,
        .max_tasks = is_crawl ? 10 : INT_MAX,
        .timeout = 10,
        .server = farm != NULL && *farm != '\0' ? farm
                                               : "http://127.0.0.1:8888",
        .delay = -1,
        .typing = isatty(STDOUT_FILENO) ? 4 : 0,
        .max_redirect = 10,
        .max_tries = 4,
        .max_body = HTTP_MAX_BODY,
    };
    options->arguments = calloc((size_t)argc + 1, sizeof(char *));
    if (options->arguments == NULL)
        return command_line_error(line, "out of memory");
    int code = command_line_parse(
        line, options, options->arguments, &options->num_arguments, argc, argv);
    if (code == OPTIONS_GO_ON)
        code = check(line, options);
    if (code != OPTIONS_GO_ON)
        options_free(options);
    return code;
}

void options_free(struct options *options)
{
    free(options->arguments);
    free(options->resolves.texts);
    options->arguments = NULL;
    options->resolves = (struct texts){ 0 };
}
