// test_json.c - writes strings as valid UTF-8, and reads values.

#include "json.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static const char *as_json(const char *text, size_t n)
{
    static char out[4096];
    FILE *file = fmemopen(out, sizeof(out), "w");

    json_string(file, (struct slice){ text, n });
    fclose(file);
    return out;
}

// U+FFFD, written for each piece that is not UTF-8.
#define BAD "\xEF\xBF\xBD"

static const struct {
    const char *text;
    const char *json;
    const char *printable;
} strings[] = {
    { "", "\"\"", "" },
    { "Moo!", "\"Moo!\"", "Moo!" },
    { "\"\\/", "\"\\\"\\\\/\"", "\"\\/" },
    { "a\nb\x1b[1m\x7f", "\"a\\u000ab\\u001b[1m\\u007f\"",
        "a" BAD "b" BAD "[1m" BAD },
    { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x84",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x84\"",
        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x84" },
    { "\xc2\x9b"
      "31m",
        "\"\\u009b31m\"", BAD "31m" }, // C1: CSI
    { "\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\"",
        BAD BAD "\xc2\xa0" }, // the first C1, the last, and the next character
    { "\x1f ~\x7f", "\"\\u001f ~\\u007f\"", BAD " ~" BAD },
    { "\xff", "\"" BAD "\"", BAD },
    { "a\x80"
      "b",
        "\"a" BAD "b\"", "a" BAD "b" },
    { "\xc0\xaf", "\"" BAD BAD "\"", BAD BAD }, // overlong
    { "\xe0\x80\x80", "\"" BAD BAD BAD "\"", BAD BAD BAD },
    { "\xed\xa0\x80", "\"" BAD BAD BAD "\"", BAD BAD BAD }, // surrogate
    { "\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"", BAD BAD BAD BAD },
    { "\xe2\x82", "\"" BAD "\"", BAD }, // cut off: one piece
    { "\xe2\x82x", "\"" BAD "x\"", BAD "x" },
    { "\xf0\x9f\x90", "\"" BAD "\"", BAD },
};

START_TEST(writes_strings)
{
    const char *text = strings[_i].text;
    char printable[256];

    ck_assert_str_eq(as_json(text, strlen(text)), strings[_i].json);
    json_printable(printable, sizeof(printable), slice_of(text));
    ck_assert_str_eq(printable, strings[_i].printable);
}
END_TEST

START_TEST(writes_nul_and_null)
{
    char out[16] = "";
    FILE *file = fmemopen(out, sizeof(out), "w");

    ck_assert_str_eq(as_json("a\0b", 3), "\"a\\u0000b\"");
    json_string(file, (struct slice){ NULL, 0 });
    fclose(file);
    ck_assert_str_eq(out, "null");
}
END_TEST

START_TEST(cuts_between_characters)
{
    static const char text[] = "ab\xc3\xa9\xff";
    static const char *const cut[] = { "", "a", "ab", "ab", "ab\xc3\xa9",
        "ab\xc3\xa9", "ab\xc3\xa9", ("ab\xc3\xa9" BAD) };

    for (size_t size = 1; size <= 8; size++) {
        char *to = malloc(size); // so that ASan notices a write past the end
        json_printable(to, size, slice_of(text));
        ck_assert_str_eq(to, cut[size - 1]);
        free(to);
    }
}
END_TEST

static const char sample[] =
    "{\"a\":1, \"b\" : {\"c\":[10, -2.5e1 ,{\"d\":\"x,]}\\\"y\"}],\"e\":null},"
    "\n\"f\":[],\"g\":{},\"h\":true}";

static const struct {
    const char *path;
    const char *value; // NULL: none
} finds[] = {
    { "a", "1" },
    { "b/c/0", "10" },
    { "b/c/2/d", "\"x,]}\\\"y\"" },
    { "b/e", "null" },
    { "f", "[]" },
    { "f/0", NULL },
    { "g", "{}" },
    { "g/x", NULL },
    { "h", "true" },
    { "h/x", NULL },
    { "b/c/3", NULL },
    { "c", NULL },
    { "", sample },
};

START_TEST(finds_values)
{
    struct slice found = json_find(slice_of(sample), finds[_i].path);

    if (finds[_i].value == NULL)
        ck_assert_ptr_null(found.at);
    else
        ck_assert(slice_equal(found, slice_of(finds[_i].value)));
}
END_TEST

START_TEST(reads_numbers)
{
    struct slice json = slice_of(sample);

    ck_assert_double_eq(json_number(json, "a", 7), 1);
    ck_assert_double_eq(json_number(json, "b/c/1", 7), -25);
    ck_assert_double_eq(json_number(json, "b/e", 7), 7);
    ck_assert_double_eq(json_number(json, "nothing", 7), 7);
}
END_TEST

// On cut or changed JSON, reading ends and stays within the text.
START_TEST(survives_damage)
{
    static const char *const paths[] = { "a", "b/c/2/d", "b/c/9", "h", "x" };
    static const char noise[] = "{}[]\",:\\x1";

    for (size_t n = 0; n < sizeof(sample); n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, sample, n);
        for (size_t i = 0; i <= n; i++) {
            char before = i < n ? copy[i] : 0;
            if (i < n)
                copy[i] = noise[(i + n) % (sizeof(noise) - 1)];
            for (size_t k = 0; k < sizeof(paths) / sizeof(*paths); k++)
                json_find((struct slice){ copy, n }, paths[k]);
            if (i < n)
                copy[i] = before;
        }
        free(copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = tcase_create("json");

    tcase_add_loop_test(
        tests, writes_strings, 0, (int)(sizeof(strings) / sizeof(*strings)));
    tcase_add_test(tests, writes_nul_and_null);
    tcase_add_test(tests, cuts_between_characters);
    tcase_add_loop_test(
        tests, finds_values, 0, (int)(sizeof(finds) / sizeof(*finds)));
    tcase_add_test(tests, reads_numbers);
    tcase_add_test(tests, survives_damage);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
