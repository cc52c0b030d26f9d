// test_async.c - the ends of a wait, row by row as in the table of async.h; on
// both selectors where descriptors are involved. On the virtual clock, where a
// task has to jump to the deadline of a descriptor.

#include "story.h"

#include <fcntl.h>

static int ends[2];

static void open_pipe(void)
{
    ck_assert_int_eq(pipe(ends), 0);
}

static void write_byte(void)
{
    ck_assert_int_eq((int)write(ends[1], "x", 1), 1);
}

static void close_pipe(void)
{
    task_close(ends[0]);
    close(ends[1]);
}

// Records the results of a pause and of the next await. Returns the first.
static async_int pause_and_go_on(double seconds)
{
    int n = await(task_pause(seconds));
    tell("%s", outcome(n));
    tell("%s", outcome(await(task_yield())));
    return (async_int){ n };
}

static async_int shielded_pause(double seconds)
{
    return (async_int){ await_shielded(task_pause(seconds)) };
}

// --- The table of async.h ----------------------------------------------------

static async_int expect_seven(void *task)
{
    *(struct task **)task = task_running();
    ck_assert_await(task_wait("seven"), 7);
    ck_assert_await(task_wait("more"), -ECANCELED);
    ck_assert_await(task_pause(0), -ECANCELED);
    tell("end");
    return DONE;
}

START_TASK_TEST(it_came_then_the_cancel)
{
    struct group group = { 0 };
    struct task *task;

    spawn(&group, expect_seven, &task, "");
    ck_assert_await(task_pause(1), 0);
    task_wake(task, 7);
    group_cancel(&group);
    tell("cancelled");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("cancelled end ");
    return DONE;
}
END_TEST

static struct lock lock;

static async_int wait_for_nothing(void *unused)
{
    struct condition condition = { 0 };
    struct group empty = { 0 };

    (void)unused;
    ck_assert_await(task_yield(), -ECANCELED);
    ck_assert_await(task_pause(-1), -ECANCELED);
    ck_assert_await(readable(ends[0], CLOCK_NEVER), -ECANCELED);
    ck_assert_await(readable(ends[0], 0), -ECANCELED);
    ck_assert_await(writable(ends[1], CLOCK_NEVER), -ECANCELED);
    ck_assert_await(lock_take(&lock), -ECANCELED);
    ck_assert_await(condition_wait(&condition), -ECANCELED);
    ck_assert_await(task_wait("nothing"), -ECANCELED);
    ck_assert_await(group_room(&empty, 1), -ECANCELED);
    ck_assert_await(group_wait(&empty), -ECANCELED);
    ck_assert_int_eq(await_within(1, task_yield()), -ECANCELED);
    ck_assert_ptr_null(lock.holder); // though the lock is free
    tell("end");
    return DONE;
}

START_TASK_TEST(cancelled_and_need_not_have_waited)
{
    struct group group = { 0 };

    open_pipe();
    write_byte();
    spawn(&group, wait_for_nothing, NULL, "");
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("end ");
    ck_assert_now(0);
    close_pipe();
    return DONE;
}
END_TEST

// A task that moves the clock while another task waits.
static async_int jump(void *seconds)
{
    clock_jump(*(double *)seconds);
    return DONE;
}

START_TASK_TEST(a_deadline_of_the_wait_itself)
{
    struct group group = { 0 };
    double at = 1;

    open_pipe();
    spawn(&group, jump, &at, "");
    ck_assert_await(readable(ends[0], 1), -ETIMEDOUT);
    ck_assert_now(1);
    ck_assert_await(task_pause(1), 0); // the deadline ends one wait only
    ck_assert_await(writable(ends[1], 99), 0);
    write_byte();
    ck_assert_await(readable(ends[0], 99), 0);
    ck_assert_await(group_wait(&group), 0);
    close_pipe();
    return DONE;
}
END_TEST

START_TASK_TEST(a_deadline_of_the_wait_for_writing)
{
    static char bytes[4096];
    struct group group = { 0 };
    double at = 1;

    open_pipe();
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], bytes, sizeof(bytes)) > 0)
        continue;
    spawn(&group, jump, &at, "");
    ck_assert_await(writable(ends[1], 1), -ETIMEDOUT);
    ck_assert_now(1);
    ck_assert_int_eq((int)read(ends[0], bytes, sizeof(bytes)), 4096);
    ck_assert_await(writable(ends[1], 99), 0);
    ck_assert_await(group_wait(&group), 0);
    task_forget(ends[1]);
    close_pipe();
    return DONE;
}
END_TEST

START_TASK_TEST(a_deadline_of_await_within)
{
    ck_assert_int_eq(await_within(1, pause_and_go_on(HOUR)), -ETIMEDOUT);
    ck_assert_story("cancelled cancelled ");
    ck_assert_now(1);
    ck_assert_await(task_pause(1), 0); // outside, no deadline has come
    return DONE;
}
END_TEST

START_TASK_TEST(a_deadline_of_await_within_that_has_come_already)
{
    ck_assert_int_eq(await_within(0, task_yield()), -ETIMEDOUT);
    ck_assert_int_eq(await_within(-1, lock_take(&lock)), -ETIMEDOUT);
    ck_assert_ptr_null(lock.holder);
    ck_assert_int_eq(await_within(CLOCK_NEVER, task_yield()), 0);
    return DONE;
}
END_TEST

static async_int compute_for_long(void)
{
    clock_jump(clock_now() + 5);
    return (async_int){ 7 };
}

static async_int swallow(double seconds)
{
    ck_assert_await(task_pause(seconds), -ECANCELED);
    return (async_int){ 3 };
}

static async_int fail_late(void)
{
    ck_assert_int_eq(await_shielded(task_pause(5)), 0);
    return (async_int){ -EIO };
}

START_TASK_TEST(the_call_returned_otherwise)
{
    ck_assert_int_eq(await_within(1, compute_for_long()), 7);
    ck_assert_int_eq(await_within(1, swallow(5)), 3);
    ck_assert_now(6);
    ck_assert_int_eq(await_within(1, fail_late()), -EIO);
    ck_assert_int_eq(await_within(1, shielded_pause(5)), 0);
    ck_assert_now(16);
    ck_assert_int_eq(await_within(1, task_pause(0.5)), 0);
    return DONE;
}
END_TEST

// Records and returns the result of an inner await_within().
static async_int within_two(double seconds)
{
    int n = await_within(2, pause_and_go_on(seconds));
    tell("two %s", outcome(n));
    return (async_int){ n };
}

START_TASK_TEST(several_deadlines_the_inner_is_nearer)
{
    ck_assert_int_eq(await_within(3, within_two(HOUR)), -ETIMEDOUT);
    ck_assert_story("cancelled cancelled two late "); // passed on
    ck_assert_now(2);
    ck_assert_int_eq(await_within(3, within_two(1)), 0);
    return DONE;
}
END_TEST

START_TASK_TEST(several_deadlines_the_outer_is_nearer)
{
    ck_assert_int_eq(await_within(1, within_two(HOUR)), -ETIMEDOUT);
    ck_assert_story("cancelled cancelled two cancelled ");
    ck_assert_now(1);
    return DONE;
}
END_TEST

static async_int within(double seconds, double inner)
{
    int n = await_within(seconds, within_two(inner));
    tell("%g %s", seconds, outcome(n));
    return (async_int){ n };
}

START_TASK_TEST(several_deadlines_if_equal_the_outermost)
{
    ck_assert_int_eq(await_within(2, within(2, HOUR)), -ETIMEDOUT);
    ck_assert_story("cancelled cancelled two cancelled 2 cancelled ");
    ck_assert_now(2);
    return DONE;
}
END_TEST

START_TASK_TEST(several_deadlines_the_middle_one)
{
    ck_assert_int_eq(await_within(5, within(1, HOUR)), -ETIMEDOUT);
    ck_assert_story("cancelled cancelled two cancelled 1 late ");
    ck_assert_now(1);
    return DONE;
}
END_TEST

// The inner deadline has come, and the outer one leaves time for more waits.
static async_int try_twice(void)
{
    ck_assert_int_eq(await_within(1, task_pause(HOUR)), -ETIMEDOUT);
    ck_assert_int_eq(await_within(1, task_pause(HOUR)), -ETIMEDOUT);
    ck_assert_now(2);
    ck_assert_int_eq(await_within(1, task_pause(HOUR)), -ECANCELED);
    ck_assert_now(2.5);
    return (async_int){ await(task_yield()) };
}

START_TASK_TEST(several_deadlines_one_after_the_other)
{
    ck_assert_int_eq(await_within(2.5, try_twice()), -ETIMEDOUT);
    return DONE;
}
END_TEST

// A wait with a deadline of its own, inside of await_within().
static async_int read_until(double at)
{
    return (async_int){ await(readable(ends[0], at)) };
}

static async_int read_nearer(void)
{
    ck_assert_await(readable(ends[0], 1), -ETIMEDOUT);
    ck_assert_await(task_yield(), 0); // only this wait has ended
    return (async_int){ 5 };
}

static async_int read_equal(void)
{
    ck_assert_await(readable(ends[0], 3), -ECANCELED);
    return (async_int){ -ECANCELED };
}

START_TASK_TEST(several_deadlines_one_of_the_wait)
{
    struct group group = { 0 };
    double at[] = { 1, 3, 5 };

    open_pipe();
    spawn(&group, jump, &at[0], "");
    ck_assert_int_eq(await_within(2, read_nearer()), 5);
    ck_assert_now(1);
    spawn(&group, jump, &at[1], "");
    ck_assert_int_eq(await_within(2, read_equal()), -ETIMEDOUT);
    ck_assert_now(3);
    spawn(&group, jump, &at[2], "");
    ck_assert_int_eq(await_within(2, read_until(HOUR)), -ETIMEDOUT);
    ck_assert_await(group_wait(&group), 0);
    close_pipe();
    return DONE;
}
END_TEST

static async_int clean_up_for_long(double seconds)
{
    int n = await(task_pause(seconds));
    tell("%s", outcome(n));
    tell("%s", outcome(await_shielded(task_pause(10))));
    tell("%s", outcome(await(task_yield())));
    return (async_int){ n };
}

// The deadline comes at 1, the cancel at 3, during the cleanup.
static async_int within_then_cancel(void *unused)
{
    (void)unused;
    ck_assert_int_eq(await_within(1, clean_up_for_long(HOUR)), -ETIMEDOUT);
    ck_assert_now(11);
    ck_assert_await(task_yield(), -ECANCELED);
    tell("end");
    return DONE;
}

START_TASK_TEST(await_within_s_then_a_cancel)
{
    ck_assert_await(cancel_after(3, within_then_cancel, NULL), 0);
    ck_assert_story("cancelled 0 cancelled end ");
    return DONE;
}
END_TEST

// The other way round: the cancel comes at 1, the deadline would be at 3.
static async_int cancel_then_within(void *unused)
{
    (void)unused;
    ck_assert_int_eq(await_within(3, clean_up_for_long(HOUR)), -ECANCELED);
    ck_assert_now(11);
    ck_assert_await(task_yield(), -ECANCELED);
    tell("end");
    return DONE;
}

START_TASK_TEST(a_cancel_then_await_within_s)
{
    ck_assert_await(cancel_after(1, cancel_then_within, NULL), 0);
    ck_assert_story("cancelled 0 cancelled end ");
    return DONE;
}
END_TEST

static async_int tell_late(void *unused)
{
    (void)unused;
    ck_assert_await(task_pause(3), 0);
    tell("late");
    return (async_int){ 1 };
}

// Several waits, one after the other, and a group.
static async_int pause_thrice(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    for (int i = 0; i < 3; i++)
        ck_assert_await(task_pause(1), 0);
    spawn(&group, tell_late, NULL, "");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_await(lock_take(&lock), 0);
    lock_give(&lock);
    return (async_int){ 5 };
}

static async_int shielded_from_cancel(void *unused)
{
    (void)unused;
    ck_assert_int_eq(await_shielded(pause_thrice(NULL)), 5);
    ck_assert_now(6);
    ck_assert_await(task_yield(), -ECANCELED);
    ck_assert_int_eq(await_shielded(task_pause(1)), 0); // works again
    ck_assert_now(7);
    tell("end");
    return DONE;
}

START_TASK_TEST(in_await_shielded_a_cancel)
{
    ck_assert_await(cancel_after(1, shielded_from_cancel, NULL), 0);
    ck_assert_story("late end ");
    return DONE;
}
END_TEST

static async_int shielded_from_deadlines(void)
{
    ck_assert_int_eq(await_shielded(pause_thrice(NULL)), 5);
    ck_assert_now(6);
    ck_assert_await(task_yield(), -ECANCELED);
    return (async_int){ -ECANCELED };
}

START_TASK_TEST(in_await_shielded_deadlines_from_outside)
{
    ck_assert_int_eq(await_within(1, shielded_from_deadlines()), -ETIMEDOUT);
    ck_assert_now(6);
    ck_assert_await(task_yield(), 0);
    return DONE;
}
END_TEST

static async_int shield_in_shield(void *unused)
{
    (void)unused;
    ck_assert_int_eq(await_shielded(shielded_pause(5)), 0);
    ck_assert_int_eq(await_shielded(pause_and_go_on(5)), 0);
    tell("%s", outcome(await(task_yield())));
    return DONE;
}

START_TASK_TEST(a_shield_in_a_shield)
{
    ck_assert_await(cancel_after(1, shield_in_shield, NULL), 0);
    ck_assert_story("0 0 cancelled ");
    ck_assert_now(10);
    return DONE;
}
END_TEST

static async_int deadline_in_shield(void *unused)
{
    (void)unused;
    ck_assert_int_eq(await_shielded(within_two(HOUR)), -ETIMEDOUT);
    tell("%s", outcome(await(task_yield())));
    return DONE;
}

START_TASK_TEST(in_await_shielded_a_deadline_works)
{
    ck_assert_await(cancel_after(1, deadline_in_shield, NULL), 0);
    ck_assert_story("cancelled cancelled two late cancelled ");
    ck_assert_now(2);
    return DONE;
}
END_TEST

static void add_table(TCase *table)
{
    tcase_add_test(table, it_came_then_the_cancel);
    tcase_add_loop_test(table, cancelled_and_need_not_have_waited, 0, KINDS);
    tcase_add_loop_test(table, a_deadline_of_the_wait_itself, 0, KINDS);
    tcase_add_loop_test(table, a_deadline_of_the_wait_for_writing, 0, KINDS);
    tcase_add_test(table, a_deadline_of_await_within);
    tcase_add_test(table, a_deadline_of_await_within_that_has_come_already);
    tcase_add_test(table, the_call_returned_otherwise);
    tcase_add_test(table, several_deadlines_the_inner_is_nearer);
    tcase_add_test(table, several_deadlines_the_outer_is_nearer);
    tcase_add_test(table, several_deadlines_if_equal_the_outermost);
    tcase_add_test(table, several_deadlines_the_middle_one);
    tcase_add_test(table, several_deadlines_one_after_the_other);
    tcase_add_loop_test(table, several_deadlines_one_of_the_wait, 0, KINDS);
    tcase_add_test(table, await_within_s_then_a_cancel);
    tcase_add_test(table, a_cancel_then_await_within_s);
    tcase_add_test(table, in_await_shielded_a_cancel);
    tcase_add_test(table, in_await_shielded_deadlines_from_outside);
    tcase_add_test(table, a_shield_in_a_shield);
    tcase_add_test(table, in_await_shielded_a_deadline_works);
}

int main(void)
{
    Suite *suite = suite_create("async");
    TCase *table = tcase_create("what overlaps");

    tcase_add_checked_fixture(table, on_virtual_clock, NULL);
    add_table(table);
    tcase_set_timeout(table, 60);
    suite_add_tcase(suite, table);
    return suite_run(suite);
}
