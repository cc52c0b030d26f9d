// command_line.c - looks up each word in the table of options and stores its
// value in a field.

#include "command_line.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_line_error(const struct command_line *line, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", line->program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see %s --help\n", line->program);
    return EXIT_USAGE;
}

// --- Help ------------------------------------------------------------------

static void print_option(const struct option *option)
{
    char left[64];

    snprintf(left, sizeof(left), "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
        option->letter ? option->letter : ' ', option->letter ? ", " : "  ",
        option->name, option->placeholder ? " " : "",
        option->placeholder ? option->placeholder : "");
    printf("  %-28s %s\n", left, option->help);
}

static int help(const struct command_line *line)
{
    printf("usage: %s\n%s\n\n", line->usage, line->about);
    for (int i = 0; i < line->num_options; i++) {
        if (line->options[i].programs & line->bit)
            print_option(&line->options[i]);
    }
    if (line->print_notes != NULL)
        line->print_notes();
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_FINE;
    fprintf(stderr, "%s: cannot write all of the output\n", line->program);
    return EXIT_SOME_FAILED;
}

// --- Values ----------------------------------------------------------------

static int store_text(
    const struct command_line *line, struct texts *texts, const char *text)
{
    size_t n = (size_t)texts->count + 1;
    const char **more = realloc(texts->texts, n * sizeof(*more));

    if (more == NULL)
        return command_line_error(line, "out of memory");
    more[texts->count++] = text;
    texts->texts = more;
    return OPTIONS_GO_ON;
}

static int store_number(const struct command_line *line,
    const struct option *option, void *field, const char *text)
{
    char *end;
    double number = strtod(text, &end);
    bool whole = option->kind != OPTION_SECONDS;
    double most = option->most;

    // No object is larger than SIZE_MAX / 2; on a 32-bit system this may be
    // below the option's maximum.
    if (option->kind == OPTION_SIZE && most > (double)(SIZE_MAX / 2))
        most = (double)(SIZE_MAX / 2);
    // strtod() also takes "nan", "inf" and "0x10": allow digits only, and for
    // seconds a decimal point.
    size_t usual = strspn(text, whole ? "0123456789" : "0123456789.");
    if (*text == '\0' || *end != '\0' || text[usual] != '\0'
        || !(number >= option->least && number <= most)) {
        return command_line_error(line,
            "--%s takes a %snumber from %.12g to %.12g, not \"%s\"",
            option->name, whole ? "whole " : "", option->least, most, text);
    }
    if (option->kind == OPTION_INTEGER)
        *(int *)field = (int)number;
    else if (option->kind == OPTION_SIZE)
        *(size_t *)field = (size_t)number;
    else
        *(double *)field = number;
    return OPTIONS_GO_ON;
}

static int store(const struct command_line *line, const struct option *option,
    void *values, const char *value)
{
    void *field = (char *)values + option->offset;

    switch (option->kind) {
    case OPTION_HELP: return help(line);
    case OPTION_FLAG:
    case OPTION_NO_FLAG:
        *(bool *)field = option->kind == OPTION_FLAG;
        return OPTIONS_GO_ON;
    case OPTION_COUNTER: ++*(int *)field; return OPTIONS_GO_ON;
    case OPTION_TEXT: *(const char **)field = value; return OPTIONS_GO_ON;
    case OPTION_TEXTS: return store_text(line, field, value);
    default: return store_number(line, option, field, value);
    }
}

// --- Words -----------------------------------------------------------------

// The option with this letter, or with this name if `letter` is 0; NULL: none.
static const struct option *find(const struct command_line *line, char letter,
    const char *name, size_t length)
{
    for (int i = 0; i < line->num_options; i++) {
        const struct option *option = &line->options[i];
        if ((option->programs & line->bit) == 0)
            continue;
        if (letter != '\0' && option->letter == letter)
            return option;
        if (letter == '\0' && strlen(option->name) == length
            && memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

// Parses "-q", "-vv" or "-qv".
static int parse_letters(
    const struct command_line *line, void *values, const char *word)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct option *option = find(line, *letter, NULL, 0);
        if (option == NULL)
            return command_line_error(line, "unknown option -%c", *letter);
        int code = store(line, option, values, NULL);
        if (code != OPTIONS_GO_ON)
            return code;
    }
    return OPTIONS_GO_ON;
}

// Parses "--name", "--name=value" or "--name value". The last form uses the
// next word as well and adds 1 to *used.
static int parse_word(const struct command_line *line, void *values,
    const char *word, const char *next, int *used)
{
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option *option = find(line, '\0', name, length);

    if (option == NULL)
        return command_line_error(
            line, "unknown option --%.*s", (int)length, name);
    if (option->placeholder == NULL && value != NULL)
        return command_line_error(line, "--%s takes no value", option->name);
    if (option->placeholder != NULL && value == NULL) {
        if (next == NULL)
            return command_line_error(line, "--%s needs a value: %s",
                option->name, option->placeholder);
        value = next;
        ++*used;
    }
    return store(line, option, values, value);
}

int command_line_parse(const struct command_line *line, void *values,
    char **arguments, int *num_arguments, int argc, char **argv)
{
    bool only_arguments = false;
    int i = 1;

    while (i < argc) {
        char *word = argv[i];
        int used = 1;
        int code = OPTIONS_GO_ON;
        if (only_arguments || word[0] != '-' || word[1] == '\0')
            arguments[(*num_arguments)++] = word;
        else if (strcmp(word, "--") == 0)
            only_arguments = true;
        else if (word[1] == '-')
            code = parse_word(
                line, values, word, i + 1 < argc ? argv[i + 1] : NULL, &used);
        else
            code = parse_letters(line, values, word);
        if (code != OPTIONS_GO_ON)
            return code;
        i += used;
    }
    return OPTIONS_GO_ON;
}
