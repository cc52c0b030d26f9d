// test_group.c - groups: errors, races, cancellation, siblings, and groups in
// groups; on the virtual clock.

#include "story.h"

#include "errors.h"

#include <signal.h>

// A task that pauses, records its name and the result, and returns.
struct child {
    const char *name;
    double seconds;
    int result;
};

static async_int child(void *arg)
{
    const struct child *self = arg;

    int n = await(task_pause(self->seconds));
    tell(n == 0 ? "%s" : "%s!", self->name);
    return (async_int){ n == 0 ? self->result : n };
}

#define spawn_child(group, ...) \
    spawn(group, child, &((struct child){ __VA_ARGS__ }), "")

// --- Results -----------------------------------------------------------------

START_TASK_TEST(group_wait_waits_for_all)
{
    struct group group = { 0 };

    spawn_child(&group, "b", 2, 0);
    spawn_child(&group, "c", 3, 7); // the value of a success does not count
    spawn_child(&group, "a", 1, 0);
    tell("spawned");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("spawned a b c ");
    ck_assert_now(3);
    return DONE;
}
END_TEST

START_TASK_TEST(a_group_without_tasks)
{
    struct group group = { 0 };

    ck_assert_await(group_wait(&group), 0);
    ck_assert_await(group_room(&group, 1), 0);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_await(group_wait(&group), 0);
    return DONE;
}
END_TEST

START_TASK_TEST(the_first_error_cancels_the_others)
{
    struct group group = { 0 };

    spawn_child(&group, "a", HOUR, 0);
    spawn_child(&group, "b", 2, -EIO);
    spawn_child(&group, "c", 1, 0);
    spawn_child(&group, "d", 3, -ENOENT);
    ck_assert_await(group_wait(&group), -EIO);
    ck_assert_story("c b a! d! ");
    ck_assert_now(2);
    return DONE;
}
END_TEST

// Ends with an error of its own when cancelled.
static async_int fail_in_cleanup(void *unused)
{
    (void)unused;
    ck_assert_await(task_pause(HOUR), -ECANCELED);
    ck_assert_int_eq(await_shielded(task_pause(5)), 0);
    tell("cleaned");
    return (async_int){ -EPIPE };
}

START_TASK_TEST(later_errors_do_not_replace_it)
{
    struct group group = { 0 };

    spawn(&group, fail_in_cleanup, NULL, "");
    spawn_child(&group, "a", 1, -EIO);
    ck_assert_await(group_wait(&group), -EIO);
    ck_assert_story("a cleaned ");
    ck_assert_now(6); // group_wait() has waited for the cleanup
    return DONE;
}
END_TEST

START_TASK_TEST(nor_do_errors_at_the_same_time)
{
    struct group group = { 0 };
    struct group race = { .race = true };

    spawn_child(&group, "a", 1, -EIO);
    spawn_child(&group, "b", 1, -ENOENT);
    spawn_child(&race, "c", 1, 7);
    spawn_child(&race, "d", 1, 8);
    ck_assert_await(group_wait(&group), -EIO);
    ck_assert_await(group_wait(&race), 7);
    return DONE;
}
END_TEST

// Is an error lost that comes before the owner waits?
START_TASK_TEST(an_error_does_not_get_lost)
{
    struct group group = { 0 };

    spawn_child(&group, "a", 1, -EIO);
    ck_assert_await(task_pause(5), 0);
    ck_assert_await(group_room(&group, 9), -ECANCELED);
    spawn_child(&group, "b", 0, 0); // cancelled already
    ck_assert_await(group_wait(&group), -EIO);
    ck_assert_story("a b! ");
    return DONE;
}
END_TEST

START_TASK_TEST(a_group_can_be_used_again)
{
    struct group group = { .race = true };

    for (int i = 1; i <= 3; i++) {
        spawn_child(&group, "a", 1, i);
        spawn_child(&group, "b", 2, 99);
        ck_assert_await(group_wait(&group), i);
        ck_assert_now(i);
    }
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    spawn_child(&group, "c", 1, -EIO);
    ck_assert_await(group_wait(&group), -EIO);
    spawn_child(&group, "d", 1, 4);
    ck_assert_await(group_wait(&group), 4);
    ck_assert_story("a b! a b! a b! c d ");
    return DONE;
}
END_TEST

// --- Races -------------------------------------------------------------------

START_TASK_TEST(the_first_success_wins)
{
    struct group race = { .race = true };

    spawn_child(&race, "a", 1, -EIO);
    spawn_child(&race, "b", 2, 7);
    spawn_child(&race, "c", 3, 8);
    ck_assert_await(group_wait(&race), 7);
    ck_assert_story("a b c! ");
    ck_assert_now(2);
    return DONE;
}
END_TEST

START_TASK_TEST(zero_is_a_success)
{
    struct group race = { .race = true };

    spawn_child(&race, "a", 1, -EIO);
    spawn_child(&race, "b", 2, 0);
    spawn_child(&race, "c", 3, 5);
    ck_assert_await(group_wait(&race), 0);
    ck_assert_story("a b c! ");
    return DONE;
}
END_TEST

START_TASK_TEST(no_task_wins)
{
    struct group race = { .race = true };

    spawn_child(&race, "b", 2, -EIO);
    spawn_child(&race, "a", 1, -ENOENT);
    spawn_child(&race, "c", 3, -EPIPE);
    ck_assert_await(group_wait(&race), -ENOENT);
    ck_assert_story("a b c ");
    ck_assert_now(3);
    return DONE;
}
END_TEST

// --- group_wait() when its task is cancelled ---------------------------------

static async_int own_a_group(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn_child(&group, "a", HOUR, 0);
    spawn(&group, fail_in_cleanup, NULL, "");
    int n = await(group_wait(&group));
    tell("owner %s", outcome(n));
    return (async_int){ n };
}

START_TASK_TEST(group_wait_cancelled)
{
    ck_assert_await(cancel_after(1, own_a_group, NULL), 0);
    ck_assert_story("a! cleaned owner cancelled ");
    ck_assert_now(6);
    return DONE;
}
END_TEST

START_TASK_TEST(group_wait_cancelled_by_a_deadline)
{
    ck_assert_int_eq(await_within(1, own_a_group(NULL)), -ETIMEDOUT);
    ck_assert_story("a! cleaned owner cancelled ");
    ck_assert_now(6);
    ck_assert_await(task_yield(), 0);
    return DONE;
}
END_TEST

// An owner that is cancelled before it calls group_wait().
static async_int own_a_group_late(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn_child(&group, "a", HOUR, 0);
    ck_assert_await(task_pause(HOUR), -ECANCELED);
    spawn_child(&group, "b", HOUR, 0); // `group` is not cancelled yet
    tell("%s", outcome(await(group_wait(&group))));
    tell("%s", outcome(await(task_yield())));
    return DONE;
}

START_TASK_TEST(group_wait_was_cancelled)
{
    ck_assert_await(cancel_after(1, own_a_group_late, NULL), 0);
    ck_assert_story("b! a! cancelled cancelled "); // b was queued before a
    ck_assert_now(1);
    return DONE;
}
END_TEST

// An owner that is cancelled after a child has failed, while another child
// cleans up.
static async_int own_a_failing_group(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, fail_in_cleanup, NULL, "");
    spawn_child(&group, "a", 1, -EIO);
    tell("owner %s", outcome(await(group_wait(&group))));
    tell("%s", outcome(await(task_yield())));
    return DONE;
}

START_TASK_TEST(group_wait_cancelled_after_its_error)
{
    ck_assert_await(cancel_after(3, own_a_failing_group, NULL), 0);
    ck_assert_story("a cleaned owner -5 cancelled ");
    ck_assert_now(6);
    return DONE;
}
END_TEST

// An owner that is cancelled after its child has ended, but before its turn.
static async_int own_an_ended_group(void *unused)
{
    struct group race = { .race = true };

    (void)unused;
    spawn_child(&race, "a", 1, 7);
    tell("owner %s", outcome(await(group_wait(&race))));
    tell("%s", outcome(await(task_yield())));
    return DONE;
}

START_TASK_TEST(it_came_then_the_cancel_of_group_wait)
{
    struct group group = { 0 };

    spawn(&group, own_an_ended_group, NULL, "");
    ck_assert_await(task_yield(), 0); // after this, the child pauses
    ck_assert_await(task_yield(), 0);
    ck_assert_await(task_pause(1), 0); // ends just after the child
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a owner 7 cancelled ");
    return DONE;
}
END_TEST

static async_int shield_a_group(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn_child(&group, "a", 5, 0);
    tell("%s", outcome(await_shielded(group_wait(&group))));
    return DONE;
}

START_TASK_TEST(group_wait_in_a_shield)
{
    ck_assert_await(cancel_after(1, shield_a_group, NULL), 0);
    ck_assert_story("a 0 ");
    ck_assert_now(5);
    return DONE;
}
END_TEST

// --- group_cancel() ----------------------------------------------------------

START_TASK_TEST(the_owner_cancels)
{
    struct group group = { 0 };

    spawn(&group, fail_in_cleanup, NULL, "");
    spawn_child(&group, "a", HOUR, 0);
    ck_assert_await(task_pause(1), 0);
    group_cancel(&group);
    tell("cancelled");
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("cancelled a! cleaned ");
    ck_assert_now(6);
    return DONE;
}
END_TEST

// A child that cancels its own group goes on until its next await.
static async_int cancel_own(void *group)
{
    ck_assert_await(task_pause(1), 0);
    group_cancel(group);
    tell("%s", outcome(await(task_yield())));
    return DONE;
}

START_TASK_TEST(a_child_cancels)
{
    struct group group = { 0 };

    spawn_child(&group, "a", HOUR, 0);
    spawn(&group, cancel_own, &group, "");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("cancelled a! ");
    return DONE;
}
END_TEST

START_TASK_TEST(spawned_in_a_cancelled_group)
{
    struct group group = { 0 };

    group_cancel(&group);
    spawn_child(&group, "a", HOUR, 0);
    spawn_child(&group, "b", 0, -EIO);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a! b! ");
    ck_assert_now(0);
    spawn_child(&group, "c", 1, 0); // after group_wait(), not cancelled
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a! b! c ");
    return DONE;
}
END_TEST

static async_int spawn_sibling(void *group)
{
    static struct child sibling = { "sibling", 1, -EIO }; // outlives the call

    ck_assert_await(task_pause(1), 0);
    spawn(group, child, &sibling, "");
    tell("child");
    return DONE;
}

START_TASK_TEST(a_child_starts_a_sibling)
{
    struct group group = { 0 };

    spawn(&group, spawn_sibling, &group, "");
    ck_assert_await(group_wait(&group), -EIO);
    ck_assert_story("child sibling ");
    ck_assert_now(2);
    return DONE;
}
END_TEST

// --- Groups in groups --------------------------------------------------------

static async_int nest(void *arg)
{
    int depth = *(int *)arg;
    int next = depth - 1;
    struct group group = { 0 };

    if (depth > 0)
        spawn(&group, nest, &next, "");
    spawn_child(&group, "leaf", depth > 0 ? HOUR : 1, -EIO);
    int n = await(group_wait(&group));
    tell("%d:%s", depth, outcome(n));
    return (async_int){ n };
}

START_TASK_TEST(an_error_goes_up)
{
    int depth = 2;

    ck_assert_await(nest(&depth), -EIO);
    ck_assert_story("leaf 0:-5 leaf! 1:-5 leaf! 2:-5 ");
    ck_assert_now(1);
    return DONE;
}
END_TEST

START_TASK_TEST(a_cancel_goes_down)
{
    int depth = 2;

    ck_assert_await(cancel_after(0.5, nest, &depth), 0);
    ck_assert_story("leaf! leaf! leaf! 0:cancelled 1:cancelled 2:cancelled ");
    ck_assert_now(0.5);
    return DONE;
}
END_TEST

START_TASK_TEST(two_groups_at_once)
{
    struct group first = { 0 };
    struct group second = { 0 };

    spawn_child(&first, "a", 1, -EIO);
    spawn_child(&second, "b", 2, 0);
    spawn_child(&first, "c", 3, 0);
    ck_assert_await(group_wait(&first), -EIO);
    ck_assert_await(group_wait(&second), 0);
    ck_assert_story("a c! b ");
    return DONE;
}
END_TEST

// --- group_room() ------------------------------------------------------------

static int alive;
static int most_alive;

static async_int be_counted(void *seconds)
{
    most_alive = ++alive > most_alive ? alive : most_alive;
    ck_assert_await(task_pause(*(int *)seconds), 0);
    alive--;
    return DONE;
}

START_TASK_TEST(group_room_keeps_the_limit)
{
    static int seconds[] = { 5, 1, 1, 2, 3, 1, 9, 1, 1, 1 };
    struct group group = { 0 };

    for (int i = 0; i < 100; i++) {
        ck_assert_await(group_room(&group, 3), 0);
        ck_assert_int_lt(group.count, 3);
        spawn(&group, be_counted, &seconds[i % 10], "");
    }
    ck_assert_await(group_room(&group, 1), 0); // waits for the last child
    ck_assert_int_eq(alive, 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_int_eq(most_alive, 3);
    return DONE;
}
END_TEST

START_TASK_TEST(group_room_comes_with_the_first_that_ends)
{
    struct group group = { 0 };

    spawn_child(&group, "b", 5, 0);
    spawn_child(&group, "a", 1, 0);
    ck_assert_await(group_room(&group, 3), 0);
    ck_assert_now(0);
    ck_assert_await(group_room(&group, 2), 0);
    ck_assert_now(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a b ");
    return DONE;
}
END_TEST

START_TASK_TEST(group_room_of_a_group_that_fails)
{
    struct group group = { 0 };

    spawn_child(&group, "a", 1, -EIO);
    spawn_child(&group, "b", HOUR, 0);
    ck_assert_await(group_room(&group, 2), -ECANCELED);
    ck_assert_now(1);
    ck_assert_await(task_yield(), 0); // the owner is not cancelled
    ck_assert_await(group_wait(&group), -EIO);
    return DONE;
}
END_TEST

static async_int want_room(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn_child(&group, "a", 5, 0);
    tell("%s", outcome(await(group_room(&group, 1))));
    // In the shield, the child is not cancelled.
    tell("%s", outcome(await_shielded(group_room(&group, 1))));
    tell("%s", outcome(await(group_wait(&group))));
    return DONE;
}

START_TASK_TEST(group_room_cancelled)
{
    ck_assert_await(cancel_after(1, want_room, NULL), 0);
    ck_assert_story("cancelled a 0 cancelled ");
    ck_assert_now(5);
    return DONE;
}
END_TEST

START_TASK_TEST(group_room_and_a_deadline)
{
    struct group group = { 0 };

    spawn_child(&group, "a", 5, 0);
    ck_assert_int_eq(await_within(1, group_room(&group, 1)), -ETIMEDOUT);
    ck_assert_now(1);
    ck_assert_await(group_room(&group, 2), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a ");
    return DONE;
}
END_TEST

// --- Tasks of no group, and of one that is not waited for --------------------

static async_int break_down(void *unused)
{
    (void)unused;
    ck_assert_await(task_pause(1), 0);
    return (async_int){ -EPIPE };
}

static async_int spawn_loose_ones(void *unused)
{
    static struct child well = { "well", 1, 3 };

    (void)unused;
    spawn(NULL, break_down, NULL, "pig");
    spawn(NULL, child, &well, "cow");
    ck_assert_await(task_pause(0), 0);
    return DONE;
}

static void let_a_loose_one_fail(void)
{
    if (async_run(NULL, spawn_loose_ones, NULL) != 0)
        _exit(1);
}

START_TEST(an_unawaited_failure_is_printed)
{
    char expected[256];

    ck_assert_int_eq(die_of(let_a_loose_one_fail), 0);
    snprintf(expected, sizeof(expected),
        "task break_down(pig) failed, and nobody asked: %s\n",
        strerror(EPIPE));
    ck_assert_str_eq(stderr_text, expected);
}
END_TEST

static async_int forget_to_wait(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, break_down, NULL, "");
    return DONE;
}

enum { FORGOTTEN = __LINE__ - 4 };

static async_int employ(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, forget_to_wait, NULL, "pig");
    return (async_int){ await(group_wait(&group)) };
}

static void return_with_an_open_group(void)
{
    async_run(NULL, employ, NULL);
}

START_TEST(a_task_with_an_open_group_is_aborted)
{
    char expected[256];

    int status = die_of(return_with_an_open_group);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    snprintf(expected, sizeof(expected),
        "forget_to_wait(pig) has not waited for its group: "
        "tests/test_group.c:%d\n",
        FORGOTTEN);
    ck_assert_str_eq(stderr_text, expected);
}
END_TEST

static struct group other_group;

static async_int open_it(void *unused)
{
    (void)unused;
    spawn(&other_group, break_down, NULL, "");
    return (async_int){ await(group_wait(&other_group)) };
}

static async_int wait_for_another_s_group(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, open_it, NULL, "cow");
    ck_assert_await(task_yield(), 0);
    await(group_wait(&other_group)); // would wait for ever
    return DONE;
}

static void wait_in_vain(void)
{
    async_run(NULL, wait_for_another_s_group, NULL);
}

START_TEST(waiting_for_the_group_of_another_is_aborted)
{
    int status = die_of(wait_in_vain);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    ck_assert_ptr_nonnull(strstr(stderr_text,
        "wait_for_another_s_group() waits for a group of open_it(cow): "));
}
END_TEST

static async_int fail_after(void *seconds)
{
    ck_assert_await(task_pause(*(double *)seconds), 0);
    tell("failed");
    return (async_int){ -EIO };
}

static async_int succeed_after(void *seconds)
{
    ck_assert_await(task_pause(*(double *)seconds), 0);
    tell("well");
    return DONE;
}

START_TASK_TEST(independent_tasks_do_not_cancel_each_other)
{
    static double one = 1;
    static double two = 2;
    struct group group = { .independent = true };

    spawn(&group, fail_after, &one, "");
    spawn(&group, succeed_after, &two, "");
    ck_assert_await(group_room(&group, 2), 0); // an error changes nothing
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("failed well ");
    return DONE;
}
END_TEST

static void add_tests_of_results(TCase *tests)
{
    tcase_add_test(tests, group_wait_waits_for_all);
    tcase_add_test(tests, a_group_without_tasks);
    tcase_add_test(tests, the_first_error_cancels_the_others);
    tcase_add_test(tests, later_errors_do_not_replace_it);
    tcase_add_test(tests, nor_do_errors_at_the_same_time);
    tcase_add_test(tests, an_error_does_not_get_lost);
    tcase_add_test(tests, a_group_can_be_used_again);
    tcase_add_test(tests, the_first_success_wins);
    tcase_add_test(tests, zero_is_a_success);
    tcase_add_test(tests, no_task_wins);
    tcase_add_test(tests, two_groups_at_once);
    tcase_add_test(tests, an_unawaited_failure_is_printed);
    tcase_add_test(tests, a_task_with_an_open_group_is_aborted);
    tcase_add_test(tests, waiting_for_the_group_of_another_is_aborted);
    tcase_add_test(tests, independent_tasks_do_not_cancel_each_other);
}

static void add_tests_of_cancelling(TCase *tests)
{
    tcase_add_test(tests, group_wait_cancelled);
    tcase_add_test(tests, group_wait_cancelled_by_a_deadline);
    tcase_add_test(tests, group_wait_was_cancelled);
    tcase_add_test(tests, group_wait_cancelled_after_its_error);
    tcase_add_test(tests, it_came_then_the_cancel_of_group_wait);
    tcase_add_test(tests, group_wait_in_a_shield);
    tcase_add_test(tests, the_owner_cancels);
    tcase_add_test(tests, a_child_cancels);
    tcase_add_test(tests, spawned_in_a_cancelled_group);
    tcase_add_test(tests, a_child_starts_a_sibling);
    tcase_add_test(tests, an_error_goes_up);
    tcase_add_test(tests, a_cancel_goes_down);
    tcase_add_test(tests, group_room_keeps_the_limit);
    tcase_add_test(tests, group_room_comes_with_the_first_that_ends);
    tcase_add_test(tests, group_room_of_a_group_that_fails);
    tcase_add_test(tests, group_room_cancelled);
    tcase_add_test(tests, group_room_and_a_deadline);
}

int main(void)
{
    Suite *suite = suite_create("group");
    TCase *results = tcase_create("results");
    TCase *cancelling = tcase_create("cancelling");

    tcase_add_checked_fixture(results, on_virtual_clock, NULL);
    tcase_add_checked_fixture(cancelling, on_virtual_clock, NULL);
    add_tests_of_results(results);
    add_tests_of_cancelling(cancelling);
    tcase_set_timeout(results, 60);
    tcase_set_timeout(cancelling, 60);
    suite_add_tcase(suite, results);
    suite_add_tcase(suite, cancelling);
    return suite_run(suite);
}
