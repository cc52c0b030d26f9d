// test_timers.c - the pairing heap and its queue, compared with a plain array;
// and the virtual clock.

#include "clock.h"
#include "random.h"
#include "suite.h"
#include "timers.h"

#include <stdlib.h>

enum { MANY = 1000 };

static uint32_t seed = 1;

START_TEST(empty)
{
    struct timers timers = { 0 };

    ck_assert(timers_next(&timers) >= CLOCK_NEVER);
    ck_assert_ptr_null(timers_due(&timers, 1e9));
}
END_TEST

START_TEST(a_thousand_in_random_order)
{
    static struct timer all[MANY];
    struct timers timers = { 0 };
    double last = -1;
    int fired = 0;
    struct timer *timer;

    for (int i = 0; i < MANY; i++)
        timer_arm(&timers, &all[i], random_below(&seed, 100));
    while ((timer = timers_due(&timers, 1e9)) != NULL) {
        ck_assert(timer->at >= last);
        ck_assert(!timer_is_armed(timer));
        last = timer->at;
        fired++;
    }
    ck_assert_int_eq(fired, MANY);
}
END_TEST

START_TEST(same_moment_in_order_of_arming)
{
    static struct timer all[MANY];
    struct timers timers = { 0 };

    for (int i = 0; i < MANY; i++)
        timer_arm(&timers, &all[i], 7);
    for (int i = 0; i < MANY; i++)
        ck_assert_ptr_eq(timers_due(&timers, 7), &all[i]);
}
END_TEST

START_TEST(not_before_it_is_due)
{
    struct timers timers = { 0 };
    struct timer timer = { 0 };

    timer_arm(&timers, &timer, 5);
    ck_assert_ptr_null(timers_due(&timers, 4.999));
    ck_assert_double_eq(timers_next(&timers), 5);
    ck_assert_ptr_eq(timers_due(&timers, 5), &timer);
}
END_TEST

START_TEST(cancel_and_arm_again)
{
    struct timers timers = { 0 };
    struct timer a = { 0 };
    struct timer b = { 0 };

    timer_cancel(&timers, &a); // not armed: no effect
    timer_arm(&timers, &a, 1);
    timer_arm(&timers, &b, 2);
    timer_arm(&timers, &a, 3); // moves it
    ck_assert_ptr_eq(timers_due(&timers, 9), &b);
    ck_assert_ptr_eq(timers_due(&timers, 9), &a);
    ck_assert_ptr_null(timers_due(&timers, 9));
    timer_arm(&timers, &a, 1);
    timer_cancel(&timers, &a);
    timer_cancel(&timers, &a);
    ck_assert_ptr_null(timers_due(&timers, 9));
}
END_TEST

START_TEST(appended_among_armed)
{
    struct timers timers = { 0 };
    struct timer all[6] = { { 0 } };

    timer_append(&timers, &all[0], 5);
    timer_arm(&timers, &all[1], 5);
    timer_arm(&timers, &all[2], 4);
    timer_append(&timers, &all[3], 5);
    timer_append(&timers, &all[4], 6);
    timer_arm(&timers, &all[5], 6);
    ck_assert_ptr_eq(timers_first(&timers), &all[2]);
    ck_assert_ptr_null(timers_due(&timers, 3.9));
    ck_assert_ptr_eq(timers_due(&timers, 9), &all[2]);
    ck_assert_ptr_eq(timers_due(&timers, 9), &all[0]);
    ck_assert_ptr_eq(timers_due(&timers, 9), &all[1]);
    ck_assert_ptr_eq(timers_due(&timers, 9), &all[3]);
    ck_assert_ptr_eq(timers_due(&timers, 9), &all[4]);
    ck_assert_ptr_eq(timers_due(&timers, 9), &all[5]);
    ck_assert_ptr_null(timers_first(&timers));
}
END_TEST

// Cancels at the front, in the middle and at the end of the appended timers.
START_TEST(appended_and_cancelled)
{
    struct timers timers = { 0 };
    struct timer all[4] = { { 0 } };

    for (int gone = 0; gone < 4; gone++) {
        for (int i = 0; i < 4; i++)
            timer_append(&timers, &all[i], 1);
        timer_cancel(&timers, &all[gone]);
        timer_cancel(&timers, &all[gone]);
        timer_append(&timers, &all[gone], 2);
        for (int i = 0; i < 4; i++) {
            if (i != gone)
                ck_assert_ptr_eq(timers_due(&timers, 1), &all[i]);
        }
        ck_assert_ptr_null(timers_due(&timers, 1));
        timer_arm(&timers, &all[gone], 1); // from the queue to the heap
        ck_assert_ptr_eq(timers_due(&timers, 1), &all[gone]);
        ck_assert(timers_next(&timers) >= CLOCK_NEVER);
    }
}
END_TEST

// Arms, appends, cancels and fires at random, and compares with an array.
START_TEST(like_a_sorted_array)
{
    enum { SOME = 200 };
    static struct timer all[SOME];
    int armed[SOME] = { 0 }; // the step of its arming; 0: not armed
    struct timers timers = { 0 };
    double now = 0;

    for (int step = 0; step < 20000; step++) {
        struct timer *timer = &all[random_below(&seed, SOME)];
        unsigned what = random_below(&seed, 10);
        if (what < 3) {
            timer_arm(&timers, timer, now + random_below(&seed, 50));
            armed[timer - all] = step;
        } else if (what < 5) {
            timer_append(&timers, timer, now);
            armed[timer - all] = step;
        } else if (what < 7) {
            timer_cancel(&timers, timer);
            ck_assert(!timer_is_armed(timer));
        } else {
            struct timer *first = NULL;
            now += random_below(&seed, 3);
            for (int i = 0; i < SOME; i++) {
                if (timer_is_armed(&all[i])
                    && (first == NULL || all[i].at < first->at
                        || (all[i].at == first->at
                            && armed[i] < armed[first - all])))
                    first = &all[i];
            }
            ck_assert_ptr_eq(timers_first(&timers), first);
            ck_assert_double_eq(
                timers_next(&timers), first != NULL ? first->at : CLOCK_NEVER);
            if (first != NULL && first->at > now)
                first = NULL;
            ck_assert_ptr_eq(timers_due(&timers, now), first);
        }
    }
}
END_TEST

START_TEST(the_virtual_clock_jumps)
{
    setenv("CLOCK", "virtual", 1); // each test is a process of its own
    ck_assert(clock_is_virtual());
    double start = clock_now();
    ck_assert_int_eq(clock_ms_until(start + 0.0101), 11);
    clock_jump(start + 3600);
    ck_assert_double_eq(clock_now(), start + 3600);
    clock_jump(start); // never backwards
    ck_assert_double_eq(clock_now(), start + 3600);
    ck_assert_int_eq(clock_ms_until(start), 0);
    ck_assert_int_eq(clock_ms_until(CLOCK_NEVER), -1);
}
END_TEST

START_TEST(the_real_clock_goes_on)
{
    unsetenv("CLOCK");
    double start = clock_now();
    while (clock_now() <= start)
        ;
    ck_assert(!clock_is_virtual());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timers");
    TCase *tests = tcase_create("timers");

    tcase_add_test(tests, empty);
    tcase_add_test(tests, a_thousand_in_random_order);
    tcase_add_test(tests, same_moment_in_order_of_arming);
    tcase_add_test(tests, not_before_it_is_due);
    tcase_add_test(tests, cancel_and_arm_again);
    tcase_add_test(tests, appended_among_armed);
    tcase_add_test(tests, appended_and_cancelled);
    tcase_add_test(tests, like_a_sorted_array);
    tcase_add_test(tests, the_virtual_clock_jumps);
    tcase_add_test(tests, the_real_clock_goes_on);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
