// test_timeline.c - the drawing of a JSON, letter by letter.

#include "random.h"
#include "suite.h"
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

struct fetch {
    const char *name;
    double asked;
    double done;
    double typing;
    double typed;
};

#define LEGEND \
    "        - waits for the farm   . waits for the screen   # types\n"

static char drawing[65536];

// Draws n fetches from a JSON like that of `animals`.
static const char *draw(
    const struct fetch *fetches, int n, int max, double pace)
{
    static char json[65536];
    FILE *out = fmemopen(json, sizeof(json), "w");

    fprintf(out, "{\"animals\":[");
    for (int i = 0; i < n; i++)
        fprintf(out, "%s{\"name\":\"%s\",\"sound\":null}", i > 0 ? "," : "",
            fetches[i].name);
    fprintf(out, "],\"timing\":{\"wall_s\":9,\"spans\":[");
    for (int i = 0; i < n; i++)
        fprintf(out,
            "%s{\"asked\":%.6f,\"done\":%.6f,\"typing\":%.6f,\"typed\":%.6f}",
            i > 0 ? "," : "", fetches[i].asked, fetches[i].done,
            fetches[i].typing, fetches[i].typed);
    fprintf(out, "]}}\n");
    fclose(out);
    out = fmemopen(drawing, sizeof(drawing), "w");
    timeline_draw(out, slice_of(json), max, pace);
    fclose(out);
    return drawing;
}

START_TEST(one_line)
{
    static const struct fetch fetches[] = {
        { "cow", 0.0001, 1.5, 1.5, 1.6 },
        { "pig", 0.0001, 0.7, 0.95, 1.05 },
        { "rooster", 0.25, 0.5, 0.5, 0.625 },
    };

    ck_assert_str_eq(draw(fetches, 3, 12, 1),
        "        0                 0.5               1.0               1.5 s\n"
        "cow     ------------------------------------------------------####    "
        "   1.60\n"
        "pig     -------------------------.........####                        "
        "   1.05\n"
        "rooster          ---------####                                        "
        "   0.62\n" LEGEND);
    // At a faster pace the ruler stays the same.
    static char slow[sizeof(drawing)];
    strcpy(slow, drawing);
    ck_assert_str_eq(draw(fetches, 3, 12, 0.1), slow);
}
END_TEST

START_TEST(the_pace_stretches_the_ruler)
{
    static const struct fetch fetches[] = {
        { "cow", 0.0001, 1.5, 1.5, 1.6 },
        { "pig", 0.0001, 0.7, 0.95, 1.05 },
        { "rooster", 0.25, 0.5, 0.5, 0.625 },
    };

    ck_assert_str_eq(draw(fetches, 3, 12, 2),
        "        0                 1.0               2.0               3.0 s\n"
        "cow     ---------------------------##                                 "
        "   1.60\n"
        "pig     -------------....##                                           "
        "   1.05\n"
        "rooster     -----##                                                   "
        "   0.62\n" LEGEND);
}
END_TEST

START_TEST(a_longer_run_continues_below)
{
    static const struct fetch fetches[] = {
        { "cow", 0.0001, 1.5, 1.5, 1.6 },
        { "pig", 1.6, 2.3, 2.3, 2.4 },
        { "sheep", 2.4, 5.25, 5.25, 5.25 },
        { "bird", 5.25, 5.5, 5.5, 5.6 },
    };

    ck_assert_str_eq(draw(fetches, 4, 12, 1),
        "        0                 0.5               1.0               1.5 s\n"
        "cow     ------------------------------------------------------####    "
        "   1.60\n"
        "pig                                                               "
        "-----\n"
        "                 2.0               2.5               3.0              "
        " 3.5 s\n"
        "pig     --------------------###                                       "
        "   2.40\n"
        "sheep                          "
        "----------------------------------------\n"
        "        3.5               4.0               4.5               5.0 s\n"
        "sheep   "
        "---------------------------------------------------------------  "
        "5.25\n"
        "                 5.5               6.0               6.5              "
        " 7.0 s\n"
        "bird    ---------####                                                 "
        "   5.60\n" LEGEND);
}
END_TEST

START_TEST(a_failed_fetch_types_nothing)
{
    static const struct fetch fetches[] = {
        { "cow", 0.001, 0.5, 0, 0 },
        { "pig", 0.001, 0.001, 0, 0 }, // refused at once
        { "dog", 0, 0, 0, 0 }, // not asked: Ctrl-C
        { "cat", 0.001, 0.5, 0.6, 0 },
    };

    ck_assert_str_eq(draw(fetches, 4, 12, 1),
        "        0                 0.5               1.0               1.5 s\n"
        "cow     ------------------                                            "
        "   0.50\n"
        "pig                                                                   "
        "   0.00\n"
        "cat     ------------------                                            "
        "   0.50\n" LEGEND);
}
END_TEST

START_TEST(names_of_any_kind)
{
    static const struct fetch fetches[] = {
        { "k\xc3\xbchk\xc3\xbch", 0.001, 1, 1, 1.1 },
        { "elephants", 0.001, 1, 1, 1.1 },
        { "", 0.001, 1, 1, 1.1 },
        { "\x1b[31m", 0.001, 1, 1, 1.1 },
    };

    ck_assert_str_eq(draw(fetches, 4, 12, 1),
        "        0                 0.5               1.0               1.5 s\n"
        "k\xc3\xbc"
        "hk\xc3\xbc"
        "   ------------------------------------####                         "
        "1.10\n"
        "elephan ------------------------------------####                      "
        "   1.10\n"
        "        ------------------------------------####                      "
        "   1.10\n"
        "\xEF\xBF\xBD[31m   ------------------------------------####           "
        "              1.10\n" LEGEND);
}
END_TEST

START_TEST(a_limit_of_rows)
{
    static struct fetch fetches[200];

    for (int i = 0; i < 200; i++)
        fetches[i] = (struct fetch){ "cow", 0.1, 0.5, 0.5, 0.6 };
    for (int max = 0; max <= 64; max += 16) {
        int rows = 0;
        const char *at = draw(fetches, 200, max, 1);
        for (; (at = strstr(at, "cow")) != NULL; at++)
            rows++;
        ck_assert_int_eq(rows, max);
    }
    draw(fetches, 200, 1000, 1); // there is room for 64
}
END_TEST

START_TEST(nothing_to_draw)
{
    static const char *const texts[] = { "", "{}", "[]", "nonsense",
        "{\"timing\":{\"spans\":[{}]}}", "{\"animals\":[{\"name\":\"cow\"}]}",
        "{\"animals\":[{\"name\":7}],\"timing\":{\"spans\":[{}]}}" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        FILE *out = fmemopen(drawing, sizeof(drawing), "w");
        timeline_draw(out, slice_of(texts[i]), 12, 1);
        fclose(out);
        ck_assert_str_eq(drawing, LEGEND);
    }
    ck_assert_str_eq(draw(NULL, 0, 12, 1), LEGEND);
}
END_TEST

static uint32_t seed = 1;

// For any fetches, no line is longer than 80 columns, and the time of each
// animal appears once.
START_TEST(random_fetches)
{
    static const double scales[] = { 0.001, 0.01, 0.1, 1, 10, 100 };
    static const double paces[] = { 0, 0.1, 1, 3, 100 };

    for (int round = 0; round < 3000; round++) {
        struct fetch fetches[16];
        double scale = scales[random_below(&seed, 6)] * 1e-3;
        int n = 1 + (int)random_below(&seed, 16);
        for (int i = 0; i < n; i++) {
            struct fetch *fetch = &fetches[i];
            fetch->name = "rooster";
            fetch->asked = 1e-6 + random_below(&seed, 5000) * scale;
            fetch->done = fetch->asked + random_below(&seed, 1500) * scale;
            fetch->typing = fetch->done + random_below(&seed, 500) * scale;
            fetch->typed = fetch->typing + random_below(&seed, 500) * scale;
        }
        draw(fetches, n, 16, paces[random_below(&seed, 5)]);
        int times = 0;
        for (char *line = strtok(drawing, "\n"); line != NULL;
             line = strtok(NULL, "\n")) {
            size_t len = strlen(line);
            ck_assert_uint_le(len, 80);
            times += line[0] == 'r' && strchr(line + 8, '.') != NULL
                && len > 71 + 2 && line[len - 3] == '.' && line[len - 1] >= '0'
                && line[len - 1] <= '9';
        }
        ck_assert_int_eq(times, n);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timeline");
    TCase *tests = tcase_create("timeline");

    tcase_add_test(tests, one_line);
    tcase_add_test(tests, the_pace_stretches_the_ruler);
    tcase_add_test(tests, a_longer_run_continues_below);
    tcase_add_test(tests, a_failed_fetch_types_nothing);
    tcase_add_test(tests, names_of_any_kind);
    tcase_add_test(tests, a_limit_of_rows);
    tcase_add_test(tests, nothing_to_draw);
    tcase_add_test(tests, random_fetches);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
