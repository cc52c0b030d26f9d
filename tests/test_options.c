// test_options.c - command lines, good and bad.

#include "farm_options.h"
#include "options.h"
#include "suite.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options options;
static struct farm_options farm;

// Parses a command line of words separated by spaces.
static int parse(const char *program, const char *line)
{
    static char copy[1024];
    static char *argv[64];
    int argc = 0;

    snprintf(copy, sizeof(copy), "%s", line);
    argv[argc++] = (char[]){ "program" };
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    if (strcmp(program, "farm") == 0)
        return farm_options_parse(&farm, argc, argv);
    return options_parse(&options, program, argc, argv);
}

static void silence(void)
{
    int null = open("/dev/null", O_WRONLY);

    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

START_TEST(defaults)
{
    ck_assert_int_eq(parse("crawl", ""), OPTIONS_GO_ON);
    ck_assert_int_eq(options.max_tasks, 10);
    ck_assert_int_eq(options.max_redirect, 10);
    ck_assert_int_eq(options.max_tries, 4);
    ck_assert_double_eq(options.timeout, 10);
    ck_assert_uint_eq(options.max_body, 16u << 20);
    ck_assert_int_eq(options.max_pages, 0);
    ck_assert(!options.lenient);
    ck_assert_ptr_null(options.selector);
    options_free(&options);
    ck_assert_int_eq(parse("animals", ""), OPTIONS_GO_ON);
    ck_assert_int_eq(options.max_tasks, INT_MAX);
    ck_assert_int_eq(options.delay, -1);
    options_free(&options);
    ck_assert_int_eq(parse("farm", ""), OPTIONS_GO_ON);
    ck_assert_int_eq(farm.port, 0);
    ck_assert_double_eq(farm.pace, 1);
    ck_assert_int_eq(farm.delay, -1);
    ck_assert_double_eq(farm.idle, 5);
    ck_assert_int_eq(farm.lifeline, -1);
}
END_TEST

// A size above the range of size_t is refused; no size is cut to another one.
START_TEST(sizes_are_limited_by_size_t)
{
    double most = sizeof(size_t) > 4 ? 1e15 : (double)(SIZE_MAX / 2);
    static const char *const sizes[] = { "2147483647", "2147483648",
        "4294967295", "4294967296", "4294967297", "1000000000000000" };
    char line[64];

    silence();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        bool fits = strtod(sizes[i], NULL) <= most;
        snprintf(line, sizeof(line), "--max-body %s x", sizes[i]);
        ck_assert_int_eq(
            parse("crawl", line), fits ? OPTIONS_GO_ON : EXIT_USAGE);
        if (!fits)
            continue;
        ck_assert_uint_eq(options.max_body, strtoull(sizes[i], NULL, 10));
        options_free(&options);
    }
}
END_TEST

START_TEST(all_of_crawl)
{
    ck_assert_int_eq(
        parse("crawl",
            "--max-tasks 3 a --max-redirect=0 --max-tries 1 --timeout .5 "
            "--max-pages 7 --max-body 0 --exclude x --lenient --resolve h:1:2 "
            "b --resolve=i:3:4 -vv -v --json - -q --selector poll --trace t "
            "-- --c"),
        OPTIONS_GO_ON);
    ck_assert_int_eq(options.max_tasks, 3);
    ck_assert_int_eq(options.max_redirect, 0);
    ck_assert_int_eq(options.max_tries, 1);
    ck_assert_double_eq(options.timeout, 0.5);
    ck_assert_int_eq(options.max_pages, 7);
    ck_assert_uint_eq(options.max_body, 0);
    ck_assert_str_eq(options.exclude, "x");
    ck_assert(options.lenient);
    ck_assert_int_eq(options.resolves.count, 2);
    ck_assert_str_eq(options.resolves.texts[1], "i:3:4");
    ck_assert_int_eq(options.verbose, 3);
    ck_assert(options.quiet);
    ck_assert_str_eq(options.trace, "t");
    ck_assert_int_eq(options.num_arguments, 3);
    ck_assert_str_eq(options.arguments[2], "--c");
    options_free(&options);
}
END_TEST

START_TEST(all_of_farm)
{
    ck_assert_int_eq(
        parse("farm",
            "--port 8888 --pace .5 --delay 7 --spread=3 --gate 48 --selector "
            "poll --idle .25 --log - --lifeline 5"),
        OPTIONS_GO_ON);
    ck_assert_int_eq(farm.port, 8888);
    ck_assert_double_eq(farm.pace, 0.5);
    ck_assert_int_eq(farm.delay, 7);
    ck_assert_int_eq(farm.spread, 3);
    ck_assert_int_eq(farm.gate, 48);
    ck_assert_double_eq(farm.idle, 0.25);
    ck_assert_str_eq(farm.selector, "poll");
    ck_assert_str_eq(farm.log, "-");
    ck_assert_int_eq(farm.lifeline, 5);
}
END_TEST

START_TEST(the_last_of_strict_and_lenient_counts)
{
    ck_assert_int_eq(parse("crawl", "--lenient --strict"), OPTIONS_GO_ON);
    ck_assert(!options.lenient);
    options_free(&options);
}
END_TEST

static const struct {
    const char *program;
    const char *line;
} wrong[] = {
    { "crawl", "--no-such-option" },
    { "crawl", "-x" },
    { "crawl", "--max-tasks" },
    { "crawl", "--max-tasks 0" },
    { "crawl", "--max-tasks -1" },
    { "crawl", "--max-tasks 1.5" },
    { "crawl", "--max-tasks 1x" },
    { "crawl", "--max-tasks=" },
    { "crawl", "--max-tasks 99999999999" },
    { "crawl", "--max-tasks 0x10" },
    { "crawl", "--timeout 0" },
    { "crawl", "--timeout nan" },
    { "crawl", "--timeout inf" },
    { "crawl", "--timeout 1.2.3" },
    { "crawl", "--lenient=yes" },
    { "crawl", "--json -" },
    { "crawl", "--selector kqueue" },
    { "crawl", "--count 3" },
    { "animals", "--exclude x" },
    { "animals", "--count 0" },
    { "animals", "--typing -4" },
    { "farm", "--port 65536" },
    { "farm", "cow" },
    { "farm", "--gate 0" },
    { "farm", "--selector kqueue" },
    { "farm", "--json x" },
};

START_TEST(usage_errors)
{
    silence();
    ck_assert_int_eq(parse(wrong[_i].program, wrong[_i].line), EXIT_USAGE);
}
END_TEST

START_TEST(help)
{
    silence();
    ck_assert_int_eq(parse("crawl", "--max-tasks 3 --help"), EXIT_FINE);
    ck_assert_int_eq(parse("animals", "-h"), EXIT_FINE);
    ck_assert_int_eq(parse("farm", "-qh"), EXIT_USAGE);
}
END_TEST

START_TEST(random_words_end)
{
    static const char *const words[] = { "--", "-", "--max-tasks", "=", "-q",
        "--=", "--timeout=", "1e9", "-vvvvh", "--json=-", "x", "--resolve" };
    unsigned state = 1;

    silence();
    for (int i = 0; i < 2000; i++) {
        char line[256] = "";
        for (int k = 0; k < 6; k++) {
            state = state * 1103515245u + 12345u;
            strcat(line, words[(state >> 16) % 12]);
            strcat(line, (state >> 8) % 4 > 0 ? " " : "");
        }
        if (parse("crawl", line) == OPTIONS_GO_ON)
            options_free(&options);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    tcase_add_test(tests, defaults);
    tcase_add_test(tests, sizes_are_limited_by_size_t);
    tcase_add_test(tests, all_of_crawl);
    tcase_add_test(tests, all_of_farm);
    tcase_add_test(tests, the_last_of_strict_and_lenient_counts);
    tcase_add_loop_test(
        tests, usage_errors, 0, (int)(sizeof(wrong) / sizeof(*wrong)));
    tcase_add_test(tests, help);
    tcase_add_test(tests, random_words_end);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
