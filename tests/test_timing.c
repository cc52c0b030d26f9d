// test_timing.c - marks and counters on the virtual clock, and the JSON.

#include "clock.h"
#include "json.h"
#include "json_valid.h"
#include "random.h"
#include "suite.h"
#include "timing.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 64 }; // as in timing.c

static char text[1 << 20];
static struct slice json;

// Each test is a process of its own, in which timing.c starts at zero.
static void set_up(void)
{
    setenv("CLOCK", "virtual", 1);
    timing_start();
}

static void at(double moment)
{
    clock_jump(moment);
}

// Writes the JSON as the programs do, and parses it.
static void write_json(const struct span *spans, size_t stride, int n)
{
    FILE *out = fmemopen(text, sizeof(text), "w");

    fputc('{', out);
    timing_json(out, spans, stride, n);
    fputc('}', out);
    fclose(out);
    ck_assert(json_is_valid(text));
    json = slice_of(text);
}

static double number(const char *path)
{
    char full[128];

    snprintf(full, sizeof(full), "timing/%s", path);
    return json_number(json, full, -1);
}

#define ck_assert_number(path, expected) \
    ck_assert_double_eq_tol(number(path), expected, 1e-6)

// Returns the nth entry of the in_flight series, or -1 if there is none.
static int most(int n)
{
    char path[64];

    snprintf(path, sizeof(path), "in_flight/most/%d", n);
    return (int)number(path);
}

START_TEST(marks)
{
    struct span span = { .task = 3 };

    at(1);
    span_asked(&span);
    at(2);
    span_connected(&span);
    at(3);
    span_first_byte(&span);
    at(4);
    span_first_byte(&span); // ignored
    span_done(&span);
    at(5);
    span_screen_asked(&span);
    at(6);
    span_typing(&span);
    at(7);
    span_typed(&span);
    ck_assert_double_eq(span.asked, 1);
    ck_assert_double_eq(span.connected, 2);
    ck_assert_double_eq(span.first_byte, 3);
    ck_assert_double_eq(span.done, 4);
    ck_assert_double_eq(span.screen_asked, 5);
    ck_assert_double_eq(span.typing, 6);
    ck_assert_double_eq(span.typed, 7);
    ck_assert_int_eq(span.task, 3);
}
END_TEST

// A fetch that fails before it connects (no such host) has no connection.
START_TEST(done_without_asked)
{
    struct span span = { 0 };

    at(1);
    span_done(&span);
    ck_assert_double_eq(span.done, 0);
    span_asked(&span);
    ck_assert_int_eq(timing_max_in_flight(), 1);
}
END_TEST

// Is a mark lost that is made at moment 0, where the virtual clock starts?
START_TEST(at_the_very_start)
{
    struct span spans[2] = { { 0 } };

    for (int i = 0; i < 2; i++) {
        span_asked(&spans[i]);
        span_connected(&spans[i]);
        span_done(&spans[i]);
        ck_assert_double_gt(spans[i].asked, 0);
        ck_assert_double_gt(spans[i].connected, 0);
        ck_assert_double_eq_tol(spans[i].done, 0, 2e-6);
    }
    ck_assert_int_eq(timing_max_in_flight(), 1);
    write_json(spans, sizeof(*spans), 2);
    ck_assert_double_gt(number("spans/0/asked"), 0);
    ck_assert_double_eq(number("summary/waits_s"), 0);
}
END_TEST

START_TEST(from_the_start)
{
    struct span span = { 0 };

    at(100);
    timing_start();
    ck_assert_double_eq(timing_wall(), 0);
    at(101.5);
    span_asked(&span);
    ck_assert_double_eq(timing_wall(), 1.5);
    ck_assert_double_eq(span.asked, 1.5);
}
END_TEST

START_TEST(max_in_flight)
{
    struct span spans[3] = { { 0 } };

    ck_assert_int_eq(timing_max_in_flight(), 0);
    at(1);
    span_asked(&spans[0]);
    span_asked(&spans[1]);
    ck_assert_int_eq(timing_max_in_flight(), 2);
    span_done(&spans[0]);
    span_asked(&spans[2]);
    ck_assert_int_eq(timing_max_in_flight(), 2);
    span_done(&spans[1]);
    span_done(&spans[2]);
    ck_assert_int_eq(timing_max_in_flight(), 2);
    write_json(NULL, 0, 0);
    ck_assert_number("max_in_flight", 2);
    ck_assert_number("connections", 3);
}
END_TEST

START_TEST(in_flight_step_by_step)
{
    static const int expected[] = { 1, 2, 2, 1, 1, 1, 3, -1 };
    struct span spans[4] = { { 0 } };

    at(0.0005);
    span_asked(&spans[0]);
    at(0.0015);
    span_asked(&spans[1]);
    at(0.0025); // two until here
    span_done(&spans[0]);
    at(0.0062); // no mark in between
    span_asked(&spans[2]);
    span_asked(&spans[3]);
    span_done(&spans[1]);
    write_json(NULL, 0, 0);
    ck_assert_number("in_flight/step_s", 0.001);
    for (int i = 0; i < (int)(sizeof(expected) / sizeof(*expected)); i++)
        ck_assert_int_eq(most(i), expected[i]);
}
END_TEST

START_TEST(a_run_outgrows_the_steps)
{
    struct span a = { 0 };
    struct span b = { 0 };

    at(0.0005);
    span_asked(&a);
    at(0.0635); // the last of 64 steps
    span_asked(&b);
    write_json(NULL, 0, 0);
    ck_assert_number("in_flight/step_s", 0.001);
    ck_assert_int_eq(most(0), 1);
    ck_assert_int_eq(most(62), 1);
    ck_assert_int_eq(most(63), 2);
    at(0.0655); // one too many: step 32 of 2 ms each
    span_done(&a);
    write_json(NULL, 0, 0);
    ck_assert_number("in_flight/step_s", 0.002);
    ck_assert_int_eq(most(30), 1);
    ck_assert_int_eq(most(31), 2);
    ck_assert_int_eq(most(32), 2);
    ck_assert_int_eq(most(33), -1);
    at(3600); // 3600 / 64 = 56.25 <= 65.536 s a step
    span_done(&b);
    write_json(NULL, 0, 0);
    ck_assert_number("in_flight/step_s", 65.536);
    ck_assert_int_eq(most(0), 2);
    ck_assert_int_eq(most(53), 1);
    ck_assert_int_eq(most(54), 1);
    ck_assert_int_eq(most(55), -1);
}
END_TEST

// Can rounding go past the last step?
START_TEST(just_before_a_step_ends)
{
    static struct span spans[3 * 24];
    int n = 0;

    for (double end = 0.001 * (double)STEPS; end < 1e6; end *= 2) {
        at(nextafter(end, 0));
        span_asked(&spans[n++]);
        at(end);
        span_asked(&spans[n++]);
        at(nextafter(end, 1e9));
        span_asked(&spans[n++]);
    }
    write_json(NULL, 0, 0);
    ck_assert_int_ge(most(0), 1); // from here the levels only rise
    for (int i = 1; i < STEPS && most(i) != -1; i++)
        ck_assert_int_ge(most(i), most(i - 1));
    ck_assert_int_eq(timing_max_in_flight(), n);
}
END_TEST

// Compares the steps with a list of all marks.
START_TEST(like_a_plain_list)
{
    enum { MANY = 2000 };
    static struct span spans[MANY];
    static double moments[MANY];
    static int levels[MANY + 1];
    uint32_t seed = (uint32_t)_i + 1;
    int asked = 0;
    int done = 0;
    double now = 0.0001;

    for (int i = 0; i < MANY; i++) {
        now += random_below(&seed, 1000) * 1e-6 * (_i * _i * 10 + 1);
        at(now);
        if (asked == done || (asked < MANY && random_below(&seed, 2) == 0))
            span_asked(&spans[asked++]);
        else
            span_done(&spans[done++]);
        moments[i] = now;
        levels[i + 1] = asked - done;
    }
    write_json(NULL, 0, 0);
    double step = 0.001;
    while (step < number("in_flight/step_s") * 0.99)
        step *= 2;
    ck_assert(now < step * (double)STEPS);
    ck_assert(step < 0.0015 || now >= step / 2 * (double)STEPS);
    int i = 0;
    int last = (int)(now / step);
    for (int k = 0; k <= last; k++) {
        int expected = levels[i];
        for (; i < MANY && (int)(moments[i] / step) == k; i++) {
            if (levels[i + 1] > expected)
                expected = levels[i + 1];
        }
        ck_assert_int_eq(most(k), expected);
    }
    ck_assert_int_eq(most(last + 1), -1);
}
END_TEST

START_TEST(the_most_threads_at_once)
{
    write_json(NULL, 0, 0);
    ck_assert_number("threads", 1);
    for (int i = 0; i < 5; i++)
        timing_threads(1);
    for (int i = 0; i < 5; i++)
        timing_threads(-1);
    timing_threads(1);
    write_json(NULL, 0, 0);
    ck_assert_number("threads", 6);
}
END_TEST

START_TEST(facts)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g",
        "h" };

    write_json(NULL, 0, 0);
    ck_assert_ptr_nonnull(json_find(json, "timing/facts").at);
    for (int i = 0; i < 8; i++)
        timing_fact(names[i], i * 1000000.5);
    write_json(NULL, 0, 0);
    ck_assert_number("facts/a", 0);
    ck_assert_number("facts/b", 1000000.5);
    ck_assert_number("facts/h", 7000003.5);
    timing_fact("b", 5); // replaces the first value
    write_json(NULL, 0, 0);
    ck_assert_number("facts/b", 5);
    ck_assert_number("facts/h", 7000003.5);
}
END_TEST

START_TEST(too_many_facts_are_a_mistake)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h",
        "i", "j", "k", "l", "m" };

    for (int i = 0; i < 13; i++)
        timing_fact(names[i], i);
}
END_TEST

struct owner {
    char before[13];
    struct span span;
    char after[29];
};

START_TEST(the_json_has_everything)
{
    static struct owner owners[4];
    static const char *const names[] = { "wall_s", "cpu_user_s", "cpu_sys_s",
        "max_in_flight", "peak_rss_kb", "threads", "voluntary_switches",
        "involuntary_switches", "connections", "in_flight/step_s",
        "in_flight/most/0", "summary/waits_s", "summary/longest_wait_s",
        "summary/first_line_s", "summary/screen_waits",
        "summary/longest_screen_wait_s", "spans/3/typed" };
    struct span *a = &owners[0].span;
    struct span *b = &owners[1].span;

    at(1);
    span_asked(a);
    span_asked(b);
    span_asked(&owners[2].span); // will fail
    at(1.25);
    span_done(&owners[2].span);
    at(2);
    span_done(a);
    span_screen_asked(a);
    span_typing(a);
    at(2.5);
    span_done(b);
    span_screen_asked(b);
    at(3);
    span_typed(a);
    span_typing(b);
    at(4);
    span_typed(b);
    write_json(&owners[0].span, sizeof(*owners), 4); // one was never asked
    for (int i = 0; i < (int)(sizeof(names) / sizeof(*names)); i++)
        ck_assert_double_ge(number(names[i]), 0);
    ck_assert_number("wall_s", 4);
    ck_assert_double_gt(number("peak_rss_kb"), 100);
    ck_assert_number("spans/0/asked", 1);
    ck_assert_number("spans/0/typed", 3);
    ck_assert_number("spans/1/screen_asked", 2.5);
    ck_assert_number("spans/2/done", 1.25);
    ck_assert_number("spans/2/typing", 0);
    ck_assert_number("spans/3/asked", 0);
    ck_assert_ptr_null(json_find(json, "timing/spans/4").at);
    ck_assert_number("summary/waits_s", 1 + 1.5 + 0.25);
    ck_assert_number("summary/longest_wait_s", 1.5);
    ck_assert_number("summary/first_line_s", 3);
    ck_assert_number("summary/screen_waits", 1);
    ck_assert_number("summary/longest_screen_wait_s", 0.5);
}
END_TEST

enum { THREADS = 8, ROUNDS = 2000 };

static atomic_int ready;

static void *mark_many(void *unused)
{
    timing_threads(1);
    atomic_fetch_add(&ready, 1);
    while (atomic_load(&ready) < THREADS)
        sched_yield();
    for (int i = 0; i < ROUNDS; i++) {
        struct span span = { 0 };
        clock_jump(clock_now() + 0.0001);
        span_asked(&span);
        span_connected(&span);
        span_first_byte(&span);
        span_done(&span);
        ck_assert(span.asked <= span.connected);
        ck_assert(span.first_byte <= span.done);
    }
    timing_threads(-1);
    return unused;
}

START_TEST(threads_that_mark_at_once)
{
    pthread_t threads[THREADS];
    struct span span = { 0 };

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, mark_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_ge(timing_max_in_flight(), 1);
    ck_assert_int_le(timing_max_in_flight(), THREADS);
    at(timing_wall() * 4); // no span is left in flight
    span_asked(&span);
    write_json(NULL, 0, 0);
    ck_assert_number("connections", THREADS * ROUNDS + 1);
    ck_assert_number("threads", THREADS + 1);
    int last = (int)(timing_wall() / number("in_flight/step_s"));
    ck_assert_int_eq(most(last - 1), 0);
    ck_assert_int_eq(most(last), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timing");
    TCase *tests = tcase_create("timing");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, marks);
    tcase_add_test(tests, done_without_asked);
    tcase_add_test(tests, at_the_very_start);
    tcase_add_test(tests, from_the_start);
    tcase_add_test(tests, max_in_flight);
    tcase_add_test(tests, in_flight_step_by_step);
    tcase_add_test(tests, a_run_outgrows_the_steps);
    tcase_add_test(tests, just_before_a_step_ends);
    tcase_add_loop_test(tests, like_a_plain_list, 0, 12);
    tcase_add_test(tests, the_most_threads_at_once);
    tcase_add_test(tests, facts);
    tcase_add_test_raise_signal(tests, too_many_facts_are_a_mistake, SIGABRT);
    tcase_add_test(tests, the_json_has_everything);
    tcase_add_test(tests, threads_that_mark_at_once);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
