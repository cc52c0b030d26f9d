// test_radprint.c - the text on the screen and the pause after each step.

#include "capture.h"
#include "radprint.h"
#include "suite.h"

#include <string.h>

static struct capture screen;
static struct radprint line;

static void set_up(void)
{
    capture_begin(&screen, STDOUT_FILENO);
}

static void tear_down(void)
{
    capture_end(&screen);
}

// Makes one step, which pauses for `pause` ms and leaves `text` on the screen,
// not in a buffer.
#define ck_assert_step(pause, text) \
    do { \
        ck_assert_int_eq(radprint_step(&line), pause); \
        ck_assert_str_eq(capture_text(&screen), text); \
    } while (0)

START_TEST(letter_by_letter)
{
    radprint_start(&line, "Moo!", 7);
    ck_assert_str_eq(capture_text(&screen), "");
    ck_assert_step(7, "M");
    ck_assert_step(7, "Mo");
    ck_assert_step(7, "Moo");
    ck_assert_step(7, "Moo!");
    ck_assert_step(0, "Moo!\n");
}
END_TEST

// Letters of one, two, three and four bytes.
START_TEST(a_letter_may_have_several_bytes)
{
    radprint_start(&line, "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x84!", 1);
    ck_assert_step(1, "a");
    ck_assert_step(1, "a\xc3\xb6");
    ck_assert_step(1, "a\xc3\xb6\xe2\x82\xac");
    ck_assert_step(1, "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x84");
    ck_assert_step(1, "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x84!");
    ck_assert_step(0, "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x84!\n");
}
END_TEST

START_TEST(the_last_letter_may_have_several_bytes)
{
    radprint_start(&line, "\xc3\xb6", 1);
    ck_assert_step(1, "\xc3\xb6");
    ck_assert_step(0, "\xc3\xb6\n");
}
END_TEST

START_TEST(without_a_pause_the_line_is_one_step)
{
    radprint_start(&line, "The cow says \"M\xc3\xb6h!\".", 0);
    ck_assert_step(0, "The cow says \"M\xc3\xb6h!\".\n");
}
END_TEST

START_TEST(an_empty_line)
{
    radprint_start(&line, "", 5);
    ck_assert_step(0, "\n");
    radprint_start(&line, "", 0);
    ck_assert_step(0, "\n\n");
}
END_TEST

START_TEST(line_after_line)
{
    radprint_start(&line, "a", 2);
    ck_assert_step(2, "a");
    ck_assert_step(0, "a\n");
    radprint_start(&line, "b", 3);
    ck_assert_step(3, "a\nb");
    ck_assert_step(0, "a\nb\n");
}
END_TEST

// Two lines can be typed at once, which is why the stages lock the screen.
START_TEST(two_lines_can_mix)
{
    struct radprint other;

    radprint_start(&line, "ab", 1);
    radprint_start(&other, "xy", 1);
    ck_assert_step(1, "a");
    ck_assert_int_eq(radprint_step(&other), 1);
    ck_assert_step(1, "axb");
    ck_assert_int_eq(radprint_step(&other), 1);
    ck_assert_int_eq(radprint_step(&other), 0);
    ck_assert_step(0, "axby\n\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("radprint");
    TCase *tests = tcase_create("radprint");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, letter_by_letter);
    tcase_add_test(tests, a_letter_may_have_several_bytes);
    tcase_add_test(tests, the_last_letter_may_have_several_bytes);
    tcase_add_test(tests, without_a_pause_the_line_is_one_step);
    tcase_add_test(tests, an_empty_line);
    tcase_add_test(tests, line_after_line);
    tcase_add_test(tests, two_lines_can_mix);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
