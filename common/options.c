// options.c - one table of options, and a small parser that walks it.
//
// Accepts "--name value", "--name=value", "-q", "-vv" and "--" (all that
// follows is an argument). Options and arguments may be mixed.

#include "options.h"

#include "http.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum kind {
    FLAG,
    COUNTER, // may be repeated, counts
    TEXT,
    TEXTS, // may be repeated, all are kept
    INTEGER,
    SIZE,
    SECONDS,
};

enum {
    ANIMALS = 1,
    CRAWL = 2,
    FARM = 4,
    CLIENTS = ANIMALS | CRAWL,
};

struct option {
    int programs;
    char letter; // or 0
    const char *name;
    const char *value; // its name in the help, NULL for flags
    enum kind kind;
    size_t offset; // in struct options
    double least;
    double most;
    const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct option table[] = {
    { ANIMALS, 0, "server", "URL", TEXT, AT(server), 0, 0,
        "the farm (default $FARM or http://127.0.0.1:8888)" },
    { ANIMALS, 0, "count", "N", INTEGER, AT(count), 1, 1e6,
        "go round the names until N fetches are made" },
    { ANIMALS, 0, "delay", "MS", INTEGER, AT(delay), 0, 1e7,
        "ask the farm to answer after MS milliseconds" },
    { ANIMALS, 0, "typing", "MS", INTEGER, AT(typing), 0, 10000,
        "pause per letter (default 4, if piped 0)" },
    { ANIMALS, 0, "max-tasks", "N", INTEGER, AT(max_tasks), 1, 1e6,
        "fetches in flight at most (default: all)" },
    { CRAWL, 0, "max-tasks", "N", INTEGER, AT(max_tasks), 1, 1e6,
        "fetches in flight at most (default 10)" },
    { CLIENTS, 0, "timeout", "SECONDS", SECONDS, AT(timeout), 0.001, 1e6,
        "for one try, connect to last byte (default 10)" },
    { CRAWL, 0, "max-redirect", "N", INTEGER, AT(max_redirect), 0, 1000,
        "redirects followed in a chain (default 10)" },
    { CRAWL, 0, "max-tries", "N", INTEGER, AT(max_tries), 1, 1000,
        "tries for a URL that fails for now (default 4)" },
    { CRAWL, 0, "max-pages", "N", INTEGER, AT(max_pages), 1, INT_MAX,
        "stop after N URLs (default: no limit)" },
    { CRAWL, 0, "max-body", "BYTES", SIZE, AT(max_body), 0, 1e15,
        "longest body that is accepted (default 16777216)" },
    { CRAWL, 0, "exclude", "REGEX", TEXT, AT(exclude), 0, 0,
        "do not follow URLs that match (POSIX extended)" },
    { CRAWL, 0, "strict", NULL, FLAG, 0, 0, 0,
        "stay on the roots' hosts and their www. (default)" },
    { CRAWL, 0, "lenient", NULL, FLAG, AT(lenient), 0, 0,
        "stay on hosts that share their last two labels" },
    { CRAWL, 0, "resolve", "HOST:PORT:ADDR", TEXTS, AT(resolves), 0, 0,
        "connect to ADDR instead; may be repeated" },
    { CLIENTS | FARM, 0, "selector", "epoll|poll", TEXT, AT(selector), 0, 0,
        "how to ask which sockets are ready" },
    { CLIENTS, 0, "json", "FILE", TEXT, AT(json), 0, 0,
        "write the results as JSON (-: stdout, needs -q)" },
    { CLIENTS, 0, "trace", "FILE", TEXT, AT(trace), 0, 0,
        "record who waits for what (Chrome Trace Event)" },
    { CRAWL, 'v', "verbose", NULL, COUNTER, AT(verbose), 0, 0,
        "say each retry (-v), each URL (-vv) on stderr" },
    { CLIENTS, 'q', "quiet", NULL, FLAG, AT(quiet), 0, 0,
        "print nothing but errors" },
    { FARM, 0, "port", "N", INTEGER, AT(port), 0, 65535,
        "port to listen on (default 0: any that is free)" },
    { FARM, 0, "pace", "X", SECONDS, AT(pace), 0, 1e6,
        "stretch all delays by this factor (default 1)" },
    { FARM, 0, "delay", "MS", INTEGER, AT(delay), 0, 1e7,
        "all animals answer after MS milliseconds" },
    { FARM, 0, "spread", "MS", INTEGER, AT(spread), 0, 1e7,
        "add 0 to MS milliseconds to each (default 0)" },
    { FARM, 0, "log", "FILE", TEXT, AT(log), 0, 0,
        "write an access log (- is stderr)" },
    { FARM, 0, "lifeline", "FD", INTEGER, AT(lifeline), 0, INT_MAX,
        "stop when this descriptor reaches its end" },
    { CLIENTS | FARM, 'h', "help", NULL, FLAG, 0, 0, 0, "print this" },
};

#undef AT

enum { TABLE_SIZE = sizeof(table) / sizeof(*table) };

static const struct {
    int flag;
    const char *name;
    const char *usage;
    const char *about;
} programs[] = {
    { ANIMALS, "animals", "animals [OPTION]... [NAME]...",
        "Asks a slow farm what its animals say, and types the answers." },
    { CRAWL, "crawl", "crawl [OPTION]... URL...",
        "Fetches all pages that can be reached from the URLs, once each." },
    { FARM, "farm", "farm [OPTION]...",
        "Serves slow animals and a web site to crawl on 127.0.0.1." },
};

static int program_index(const char *name)
{
    int i = 0;

    while (strcmp(programs[i].name, name) != 0)
        i++;
    return i;
}

static void print_help(int program)
{
    printf(
        "usage: %s\n%s\n\n", programs[program].usage, programs[program].about);
    for (int i = 0; i < TABLE_SIZE; i++) {
        const struct option *option = &table[i];
        char left[64];
        if ((option->programs & programs[program].flag) == 0)
            continue;
        snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
            option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
            option->letter ? ", " : "  ", option->name,
            option->value ? " " : "", option->value ? option->value : "");
        printf("  %-28s %s\n", left, option->help);
    }
    if (programs[program].flag == CRAWL) {
        printf("\nFurther limits: %d KiB of headers, %d bytes a URL.\n",
            HTTP_MAX_HEAD / 1024, URL_MAX);
    }
    if (programs[program].flag != FARM) {
        printf("\nExit codes: 0 all went well, 1 something failed, "
               "2 usage, 130 interrupted.\n");
    }
}

static int help(int program)
{
    print_help(program);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_FINE;
    fprintf(
        stderr, "%s: cannot write all of the output\n", programs[program].name);
    return EXIT_SOME_FAILED;
}

static int complain(const char *program, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see %s --help\n", program);
    return EXIT_USAGE;
}

static int store_text(struct options *options, const char *text)
{
    size_t n = (size_t)options->num_resolves + 1;
    const char **more = realloc(options->resolves, n * sizeof(*more));

    if (more == NULL)
        return complain(options->program, "out of memory");
    more[options->num_resolves++] = text;
    options->resolves = more;
    return OPTIONS_GO_ON;
}

static int store_number(
    struct options *options, const struct option *option, const char *text)
{
    char *end;
    double number = strtod(text, &end);
    bool whole = option->kind != SECONDS;

    // Not strtod's "nan", "inf" and "0x10": digits, and a point for seconds.
    size_t usual = strspn(text, whole ? "0123456789" : "0123456789.");
    if (*text == '\0' || *end != '\0' || text[usual] != '\0'
        || !(number >= option->least && number <= option->most)) {
        return complain(options->program,
            "--%s takes a %snumber from %.12g to %.12g, not \"%s\"",
            option->name, whole ? "whole " : "", option->least, option->most,
            text);
    }
    void *field = (char *)options + option->offset;
    if (option->kind == INTEGER)
        *(int *)field = (int)number;
    else if (option->kind == SIZE)
        *(size_t *)field = (size_t)number;
    else
        *(double *)field = number;
    return OPTIONS_GO_ON;
}

static int store(
    struct options *options, const struct option *option, const char *value)
{
    void *field = (char *)options + option->offset;

    switch (option->kind) {
    case FLAG:
        if (strcmp(option->name, "strict") == 0)
            options->lenient = false;
        else
            *(bool *)field = true;
        return OPTIONS_GO_ON;
    case COUNTER:
        ++*(int *)field;
        return OPTIONS_GO_ON;
    case TEXT:
        *(const char **)field = value;
        return OPTIONS_GO_ON;
    case TEXTS:
        return store_text(options, value);
    default:
        return store_number(options, option, value);
    }
}

// Finds the row for "name", or for the letter where the name is one letter
// long after a single dash.
static const struct option *find(
    int flag, char letter, const char *name, size_t length)
{
    for (int i = 0; i < TABLE_SIZE; i++) {
        const struct option *option = &table[i];
        if ((option->programs & flag) == 0)
            continue;
        if (letter != '\0' && option->letter == letter)
            return option;
        if (letter == '\0' && strlen(option->name) == length
            && memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

// "-q", "-vv", "-qv".
static int parse_letters(struct options *options, int program, const char *word)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct option *option =
            find(programs[program].flag, *letter, NULL, 0);
        if (option == NULL)
            return complain(options->program, "unknown option -%c", *letter);
        if (option->letter == 'h')
            return help(program);
        int code = store(options, option, NULL);
        if (code != OPTIONS_GO_ON)
            return code;
    }
    return OPTIONS_GO_ON;
}

// "--name", "--name=value", "--name value": in the last form takes the next
// word too and counts it in *used.
static int parse_word(struct options *options, int program, const char *word,
    const char *next, int *used)
{
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option *option =
        find(programs[program].flag, '\0', name, length);

    if (option == NULL)
        return complain(
            options->program, "unknown option --%.*s", (int)length, name);
    if (option->letter == 'h')
        return help(program);
    if (option->value == NULL && value != NULL)
        return complain(options->program, "--%s takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (next == NULL)
            return complain(options->program, "--%s needs a value: %s",
                option->name, option->value);
        value = next;
        ++*used;
    }
    return store(options, option, value);
}

static int parse_all(
    struct options *options, int program, int argc, char **argv)
{
    bool only_arguments = false;
    int i = 1;

    while (i < argc) {
        char *word = argv[i];
        int used = 1;
        int code = OPTIONS_GO_ON;
        if (only_arguments || word[0] != '-' || word[1] == '\0')
            options->arguments[options->num_arguments++] = word;
        else if (strcmp(word, "--") == 0)
            only_arguments = true;
        else if (word[1] == '-')
            code = parse_word(options, program, word,
                i + 1 < argc ? argv[i + 1] : NULL, &used);
        else
            code = parse_letters(options, program, word);
        if (code != OPTIONS_GO_ON)
            return code;
        i += used;
    }
    return OPTIONS_GO_ON;
}

void options_standard_streams(void)
{
    // open() takes the lowest number that is free: this one, every time.
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int options_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 256;
    rlim_t hard = limit.rlim_max;
    // macOS says "unlimited" and refuses it; nobody here needs more than this.
    if (hard == RLIM_INFINITY || hard > 1000000)
        hard = 1000000;
    while (limit.rlim_cur < hard) {
        struct rlimit raised = { .rlim_cur = hard, .rlim_max = limit.rlim_max };
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit.rlim_cur = hard;
        else
            hard /= 2;
    }
    return limit.rlim_cur < 1000000 ? (int)limit.rlim_cur : 1000000;
}

// What the table cannot say.
static int check(const struct options *options, int flag)
{
    if (options->selector != NULL && strcmp(options->selector, "epoll") != 0
        && strcmp(options->selector, "poll") != 0)
        return complain(options->program,
            "--selector is epoll or poll, not \"%s\"", options->selector);
    if (options->json != NULL && strcmp(options->json, "-") == 0
        && !options->quiet)
        return complain(options->program, "--json - needs -q");
    if (flag == FARM && options->num_arguments > 0)
        return complain(
            options->program, "unexpected \"%s\"", options->arguments[0]);
    return OPTIONS_GO_ON;
}

int options_parse(
    struct options *options, const char *program, int argc, char **argv)
{
    int index = program_index(program);
    const char *farm = getenv("FARM"); // set by the harness

    *options = (struct options){
        .program = program,
        .max_tasks = programs[index].flag == CRAWL ? 10 : INT_MAX,
        .timeout = 10,
        .server = farm != NULL ? farm : "http://127.0.0.1:8888",
        .delay = -1,
        .typing = isatty(STDOUT_FILENO) ? 4 : 0,
        .max_redirect = 10,
        .max_tries = 4,
        .max_body = HTTP_MAX_BODY,
        .pace = 1,
        .lifeline = -1,
    };
    options->arguments = calloc((size_t)argc + 1, sizeof(char *));
    if (options->arguments == NULL)
        return complain(program, "out of memory");
    int code = parse_all(options, index, argc, argv);
    if (code == OPTIONS_GO_ON)
        code = check(options, programs[index].flag);
    if (code != OPTIONS_GO_ON)
        options_free(options);
    return code;
}

void options_free(struct options *options)
{
    free(options->arguments);
    free(options->resolves);
    options->arguments = NULL;
    options->resolves = NULL;
}
