// test_future.c - results that may not exist yet, and a task's own result; on
// the virtual clock.

#include "sanitizers.h"
#include "story.h"

static struct future future;

static async_int wait_for_it(void *name)
{
    tell("%s?", (const char *)name);
    int n = await(future_wait(&future));
    tell("%s=%s", (const char *)name, outcome(n));
    return (async_int){ n };
}

START_TASK_TEST(all_waiters_get_the_result_in_order)
{
    struct group group = { .independent = true };

    spawn(&group, wait_for_it, "a", "");
    spawn(&group, wait_for_it, "b", "");
    ck_assert_await(task_pause(1), 0);
    future_set(&future, 7);
    tell("set"); // and no waiter has run yet
    future_set(&future, 8); // too late
    spawn(&group, wait_for_it, "c", "");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a? b? set a=7 b=7 c? c=7 ");
    ck_assert_await(future_wait(&future), 7);
    return DONE;
}
END_TEST

START_TASK_TEST(a_cancelled_waiter_leaves_the_queue)
{
    struct group group = { .independent = true };

    spawn(&group, wait_for_it, "a", "");
    ck_assert_await(cancel_after(1, wait_for_it, "b"), 0);
    ck_assert_int_eq(await_within(1, future_wait(&future)), -ETIMEDOUT);
    future_set(&future, -EIO);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a? b? b=cancelled a=-5 ");
    return DONE;
}
END_TEST

// --- A task's own result -----------------------------------------------------

static async_int after(void *seconds)
{
    int n = await(task_pause(*(double *)seconds));
    return (async_int){ n == 0 ? (int)*(double *)seconds : n };
}

static async_int fail_after(void *seconds)
{
    int n = await(task_pause(*(double *)seconds));
    return (async_int){ n == 0 ? -EIO : n };
}

static double one = 1;
static double two = 2;
static double three = 3;

START_TASK_TEST(each_task_has_its_own_result)
{
    struct group group = { .independent = true };
    struct future results[3] = { { .is_set = false } };

    spawn_for(&results[0], &group, after, &three, "");
    spawn_for(&results[1], &group, fail_after, &one, "");
    spawn_for(&results[2], &group, after, &two, "");
    ck_assert_await(future_wait(&results[2]), 2);
    ck_assert_now(2);
    ck_assert_await(future_wait(&results[1]), -EIO); // known for a second
    ck_assert(!results[0].is_set);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_await(future_wait(&results[0]), 3);
    ck_assert_now(3);
    return DONE;
}
END_TEST

// A future does not keep a failure from the group.
START_TASK_TEST(a_group_still_fails)
{
    struct group group = { 0 };
    struct future bad = { .is_set = false };
    struct future other = { .is_set = false };

    spawn_for(&bad, &group, fail_after, &one, "");
    spawn_for(&other, &group, after, &two, "");
    ck_assert_await(group_wait(&group), -EIO);
    ck_assert_await(future_wait(&bad), -EIO);
    ck_assert_await(future_wait(&other), -ECANCELED);
    ck_assert_now(1);
    return DONE;
}
END_TEST

static async_int ask_and_forget(void *unused)
{
    static struct future known;
    struct group group = { .independent = true };

    (void)unused;
    spawn_for(&known, NULL, fail_after, &one, "with a future");
    spawn_for(&known, &group, fail_after, &one, "also with a future");
    spawn(&group, fail_after, &one, "independent");
    spawn(&group, fail_after, &three, "cancelled");
    ck_assert_await(task_pause(2), 0);
    group_cancel(&group);
    return (async_int){ await(group_wait(&group)) };
}

static void run_ask_and_forget(void)
{
    _exit(async_run(NULL, ask_and_forget, NULL) != 0);
}

START_TEST(a_failure_is_printed_if_no_future_has_it)
{
    ck_assert_int_eq(die_of(run_ask_and_forget), 0);
    ck_assert_str_eq(stderr_text, "task fail_after(independent) failed, and nobody "
        "asked: Input/output error\n");
}
END_TEST

START_TASK_TEST(independent_tasks_stay_so)
{
    struct group group = { .independent = true };

    for (int i = 0; i < 2; i++) {
        struct future result = { .is_set = false };
        spawn_for(&result, &group, fail_after, &one, "");
        spawn(&group, after, &two, "");
        ck_assert_await(group_wait(&group), 0);
        ck_assert_await(future_wait(&result), -EIO);
    }
    ck_assert_now(4);
    return DONE;
}
END_TEST

#if !defined(ASAN) && !defined(TSAN)
static async_int use_all_memory(void *unused)
{
    static struct future results[10000];
    struct group group = { .independent = true };
    struct rlimit limit = { 64 << 20, 64 << 20 };
    int done = 0;
    int without = 0;
    int refused = 0;

    (void)unused;
    setrlimit(RLIMIT_AS, &limit);
    for (int i = 0; i < 10000; i++)
        refused += !spawn_for(&results[i], &group, after, &one, "");
    int error = await(group_wait(&group));
    for (int i = 0; i < 10000; i++) {
        int n = await(future_wait(&results[i])); // all are set
        done += n == 1;
        without += n == -ENOMEM;
    }
    bool is_right = done > 0 && without > 0 && done + without == 10000
        && without == refused && error == -ENOMEM;
    return (async_int){ is_right ? 0 : -EIO };
}

static void run_use_all_memory(void)
{
    _exit(async_run(NULL, use_all_memory, NULL) != 0);
}

START_TEST(without_memory_for_a_task)
{
    if (getenv("EMULATED") != NULL) // a limit would be the emulator's
        return;
    ck_assert_int_eq(die_of(run_use_all_memory), 0);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("future");
    TCase *tests = tcase_create("future");

    tcase_add_checked_fixture(tests, on_virtual_clock, NULL);
    tcase_add_test(tests, all_waiters_get_the_result_in_order);
    tcase_add_test(tests, a_cancelled_waiter_leaves_the_queue);
    tcase_add_test(tests, each_task_has_its_own_result);
    tcase_add_test(tests, a_group_still_fails);
    tcase_add_test(tests, a_failure_is_printed_if_no_future_has_it);
    tcase_add_test(tests, independent_tasks_stay_so);
#if !defined(ASAN) && !defined(TSAN)
    tcase_add_test(tests, without_memory_for_a_task);
#endif
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
