// test_coroutine.c - generators: yield, send, close, return, delegation.

#include "coroutine.h"
#include "suite.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char story[256]; // the events, in order

static void tell(const char *event)
{
    strcat(story, event);
    strcat(story, " ");
}

static void set_up(void)
{
    story[0] = '\0';
}

#define NUMBER(co) ((int)(intptr_t)(co)->root->value)

struct count {
    struct coroutine co;
    intptr_t i;
    intptr_t n;
    const char *name;
};

static enum co_state count(struct coroutine *co)
{
    struct count *c = (struct count *)co;

    CO_BEGIN(co);
    for (c->i = 1; c->i <= c->n; c->i++)
        CO_YIELD(co, (void *)c->i);
leave:
    if (c->name != NULL)
        tell(c->name);
    CO_END(co, (void *)(c->n * 10));
}

START_TEST(yields_and_returns)
{
    struct count c = { .n = 3 };

    co_start(&c.co, count);
    for (int i = 1; i <= 3; i++) {
        ck_assert(co_send(&c.co, NULL));
        ck_assert_int_eq(NUMBER(&c.co), i);
    }
    ck_assert(!co_send(&c.co, NULL));
    ck_assert_int_eq(NUMBER(&c.co), 30);
}
END_TEST

START_TEST(returns_without_a_yield)
{
    struct count c = { .n = 0 };

    co_start(&c.co, count);
    ck_assert(!co_send(&c.co, NULL));
}
END_TEST

START_TEST(two_of_a_kind_do_not_mix)
{
    struct count a = { .n = 9 };
    struct count b = { .n = 9 };

    co_start(&a.co, count);
    co_start(&b.co, count);
    co_send(&a.co, NULL);
    co_send(&a.co, NULL);
    co_send(&b.co, NULL);
    ck_assert_int_eq(NUMBER(&a.co), 2);
    ck_assert_int_eq(NUMBER(&b.co), 1);
}
END_TEST

// Yields the sum of the values sent so far.
struct sum {
    struct coroutine co;
    intptr_t sum;
};

static enum co_state sum(struct coroutine *co)
{
    struct sum *s = (struct sum *)co;

    CO_BEGIN(co);
    while (s->sum < 100) {
        CO_YIELD(co, (void *)s->sum);
        s->sum += (intptr_t)CO_VALUE(co);
    }
leave:
    CO_END(co, (void *)s->sum);
}

START_TEST(takes_sent_values)
{
    struct sum s = { .sum = 0 };

    co_start(&s.co, sum);
    ck_assert(co_send(&s.co, (void *)77)); // ignored: it runs to the first stop
    ck_assert_int_eq(NUMBER(&s.co), 0);
    ck_assert(co_send(&s.co, (void *)30));
    ck_assert_int_eq(NUMBER(&s.co), 30);
    ck_assert(!co_send(&s.co, (void *)70));
    ck_assert_int_eq(NUMBER(&s.co), 100);
}
END_TEST

// Delegates through n levels, to a sum() at the bottom.
struct deep {
    struct coroutine co;
    int levels;
    struct sum sum;
    struct deep *inner;
};

static enum co_state deep(struct coroutine *co)
{
    struct deep *d = (struct deep *)co;

    CO_BEGIN(co);
    if (d->levels == 0) {
        CO_FROM(co, &d->sum.co, sum);
    } else {
        d->inner = calloc(1, sizeof(*d->inner));
        d->inner->levels = d->levels - 1;
        CO_FROM(co, &d->inner->co, deep);
    }
leave:
    tell(d->levels == 0 ? "bottom" : "level");
    free(d->inner);
    CO_END(co, (char *)CO_VALUE(co) + 1);
}

START_TEST(delegates_values_sends_and_returns)
{
    struct deep d = { .levels = 5 };

    co_start(&d.co, deep);
    ck_assert(co_send(&d.co, NULL));
    ck_assert(co_send(&d.co, (void *)40));
    ck_assert_int_eq(NUMBER(&d.co), 40);
    ck_assert(!co_send(&d.co, (void *)60));
    ck_assert_int_eq(NUMBER(&d.co), 106); // each level adds one on the way out
    ck_assert_str_eq(story, "bottom level level level level level ");
}
END_TEST

START_TEST(closes_the_innermost_first)
{
    struct deep d = { .levels = 2 };

    co_start(&d.co, deep);
    co_send(&d.co, NULL);
    co_close(&d.co);
    ck_assert_str_eq(story, "bottom level level ");
}
END_TEST

START_TEST(close_before_the_first_stop_and_after_the_end)
{
    struct count c = { .n = 1, .name = "cleanup" };

    co_start(&c.co, count);
    co_close(&c.co); // has not begun: no cleanup
    ck_assert_str_eq(story, "");
    co_start(&c.co, count);
    co_send(&c.co, NULL);
    co_send(&c.co, NULL);
    ck_assert_str_eq(story, "cleanup ");
    co_close(&c.co); // has ended: no second cleanup
    ck_assert_str_eq(story, "cleanup ");
}
END_TEST

static enum co_state stubborn(struct coroutine *co)
{
    CO_BEGIN(co);
    CO_YIELD(co, NULL);
leave:
    CO_YIELD(co, NULL);
    CO_END(co, NULL);
}

START_TEST(stopping_in_the_cleanup_aborts)
{
    struct coroutine co;

    co_start(&co, stubborn);
    co_send(&co, NULL);
    co_close(&co);
}
END_TEST

START_TEST(resuming_after_the_end_aborts)
{
    struct count c = { .n = 0 };

    co_start(&c.co, count);
    co_send(&c.co, NULL);
    co_send(&c.co, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coroutine");
    TCase *tests = tcase_create("coroutine");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, yields_and_returns);
    tcase_add_test(tests, returns_without_a_yield);
    tcase_add_test(tests, two_of_a_kind_do_not_mix);
    tcase_add_test(tests, takes_sent_values);
    tcase_add_test(tests, delegates_values_sends_and_returns);
    tcase_add_test(tests, closes_the_innermost_first);
    tcase_add_test(tests, close_before_the_first_stop_and_after_the_end);
    tcase_add_test_raise_signal(tests, stopping_in_the_cleanup_aborts, SIGABRT);
    tcase_add_test_raise_signal(tests, resuming_after_the_end_aborts, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
