// test_lock.c - locks and conditions, and the order of their waiters; on the
// virtual clock.

#include "story.h"

static struct lock lock;
static struct condition condition;

// A task that takes the lock, holds it for a while, and gives it back.
struct holder {
    const char *name;
    double seconds;
};

static async_int hold(void *arg)
{
    const struct holder *self = arg;

    int n = await(lock_take(&lock));
    if (n != 0) {
        tell("%s!", self->name);
        ck_assert(lock.holder != task_running());
        lock_give(&lock); // has no effect: another task holds it
        return (async_int){ n };
    }
    ck_assert_ptr_eq(lock.holder, task_running());
    tell("%s(", self->name);
    n = await(task_pause(self->seconds));
    tell(n == 0 ? ")%s" : "!)%s", self->name);
    ck_assert_ptr_eq(lock.holder, task_running());
    lock_give(&lock);
    ck_assert(lock.holder != task_running());
    return (async_int){ n };
}

#define spawn_holder(group, ...) \
    spawn(group, hold, &((struct holder){ __VA_ARGS__ }), "")

START_TASK_TEST(a_lock_is_served_in_order)
{
    struct group group = { 0 };

    spawn_holder(&group, "a", 1);
    spawn_holder(&group, "b", 3);
    spawn_holder(&group, "c", 2);
    spawn_holder(&group, "d", 1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a( )a b( )b c( )c d( )d ");
    ck_assert_now(7);
    ck_assert_ptr_null(lock.holder);
    ck_assert_ptr_null(lock.waiters.first);
    return DONE;
}
END_TEST

// Takes the lock and gives it back, three times.
static async_int insist(void *name)
{
    for (int i = 0; i < 3; i++) {
        ck_assert_await(lock_take(&lock), 0);
        tell("%s", (const char *)name);
        lock_give(&lock);
    }
    return DONE;
}

// Can a task that gives the lock and takes it again overtake a waiter? The lock
// goes to the first waiter and is not free in between.
START_TASK_TEST(no_task_overtakes_a_waiter)
{
    struct group group = { 0 };

    ck_assert_await(lock_take(&lock), 0);
    spawn(&group, insist, "a", "");
    spawn(&group, insist, "b", "");
    ck_assert_await(task_yield(), 0);
    lock_give(&lock);
    ck_assert_ptr_nonnull(lock.holder);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a b a b a b ");
    return DONE;
}
END_TEST

START_TASK_TEST(a_free_lock_is_taken_at_once)
{
    struct group group = { 0 };

    spawn(&group, insist, "a", "");
    ck_assert_await(lock_take(&lock), 0);
    ck_assert_story(""); // the other task has had no turn
    lock_give(&lock);
    ck_assert_ptr_null(lock.holder);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a a a ");
    return DONE;
}
END_TEST

START_TASK_TEST(giving_only_queues)
{
    struct group group = { 0 };

    ck_assert_await(lock_take(&lock), 0);
    spawn_holder(&group, "a", 0);
    ck_assert_await(task_yield(), 0);
    lock_give(&lock);
    tell("given");
    lock_give(&lock); // no effect: another task holds it now
    ck_assert_ptr_nonnull(lock.holder);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("given a( )a ");
    return DONE;
}
END_TEST

START_TASK_TEST(giving_a_lock_of_another_task)
{
    struct group group = { 0 };

    lock_give(&lock); // no task holds it
    ck_assert_ptr_null(lock.holder);
    spawn_holder(&group, "a", 5);
    spawn_holder(&group, "b", 1);
    ck_assert_await(task_pause(1), 0);
    struct task *holder = lock.holder;
    lock_give(&lock);
    ck_assert_ptr_eq(lock.holder, holder);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a( )a b( )b ");
    ck_assert_now(6);
    return DONE;
}
END_TEST

START_TASK_TEST(cancelled_in_the_queue)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn_holder(&group, "a", 5);
    spawn_holder(&cancelled, "b", 1); // in the middle of the queue
    spawn_holder(&group, "c", 1);
    spawn_holder(&cancelled, "d", 1); // at the end of the queue
    ck_assert_await(task_pause(1), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    spawn_holder(&group, "e", 1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a( b! d! )a c( )c e( )e ");
    ck_assert_now(7);
    return DONE;
}
END_TEST

START_TASK_TEST(all_of_the_queue_cancelled)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn_holder(&group, "a", 5);
    spawn_holder(&cancelled, "b", 1);
    spawn_holder(&cancelled, "c", 1);
    ck_assert_await(task_pause(1), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_ptr_null(lock.holder);
    ck_assert_ptr_null(lock.waiters.first);
    ck_assert_ptr_null(lock.waiters.last);
    ck_assert_story("a( b! c! )a ");
    return DONE;
}
END_TEST

// b gets the lock, then the cancel: b holds the lock, and its next await fails.
START_TASK_TEST(handed_over_then_cancelled)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    ck_assert_await(lock_take(&lock), 0);
    spawn_holder(&cancelled, "b", 1);
    spawn_holder(&group, "c", 1);
    ck_assert_await(task_yield(), 0);
    lock_give(&lock);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("b( !)b c( )c ");
    ck_assert_ptr_null(lock.holder);
    return DONE;
}
END_TEST

// The other way round: b is cancelled first, and c gets the lock.
START_TASK_TEST(cancelled_then_given)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    ck_assert_await(lock_take(&lock), 0);
    spawn_holder(&cancelled, "b", 1);
    spawn_holder(&group, "c", 1);
    ck_assert_await(task_yield(), 0);
    group_cancel(&cancelled);
    lock_give(&lock);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("b! c( )c ");
    return DONE;
}
END_TEST

START_TASK_TEST(cancelled_before_it_would_queue)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn_holder(&group, "a", 5);
    ck_assert_await(task_yield(), 0);
    group_cancel(&cancelled);
    spawn_holder(&cancelled, "b", 1);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_now(0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a( b! )a ");
    return DONE;
}
END_TEST

START_TASK_TEST(a_deadline_in_the_queue)
{
    struct group group = { 0 };

    spawn_holder(&group, "a", 5);
    ck_assert_await(task_yield(), 0);
    ck_assert_int_eq(await_within(1, lock_take(&lock)), -ETIMEDOUT);
    ck_assert_now(1);
    ck_assert_ptr_null(lock.waiters.first);
    ck_assert_await(lock_take(&lock), 0);
    ck_assert_now(5);
    lock_give(&lock);
    ck_assert_await(group_wait(&group), 0);
    return DONE;
}
END_TEST

// --- Conditions --------------------------------------------------------------

static async_int wait_for_it(void *name)
{
    int n = await(condition_wait(&condition));
    tell(n == 0 ? "%s" : "%s!", (const char *)name);
    return (async_int){ n };
}

START_TASK_TEST(signal_wakes_one)
{
    struct group group = { 0 };

    condition_signal(&condition); // no waiter: the signal is not kept
    spawn(&group, wait_for_it, "a", "");
    spawn(&group, wait_for_it, "b", "");
    spawn(&group, wait_for_it, "c", "");
    ck_assert_await(task_pause(1), 0);
    ck_assert_story("");
    condition_signal(&condition);
    tell("signalled");
    ck_assert_await(task_pause(1), 0);
    condition_signal(&condition);
    condition_signal(&condition); // wakes c, though b had no turn yet
    tell("twice");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("signalled a twice b c ");
    return DONE;
}
END_TEST

START_TASK_TEST(broadcast_wakes_all)
{
    struct group group = { 0 };

    condition_broadcast(&condition);
    spawn(&group, wait_for_it, "a", "");
    spawn(&group, wait_for_it, "b", "");
    spawn(&group, wait_for_it, "c", "");
    ck_assert_await(task_yield(), 0);
    condition_broadcast(&condition);
    condition_broadcast(&condition);
    spawn(&group, wait_for_it, "d", ""); // too late for the broadcast
    tell("broadcast");
    ck_assert_await(task_pause(1), 0);
    tell("again");
    condition_broadcast(&condition);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("broadcast a b c again d ");
    return DONE;
}
END_TEST

static async_int wait_again(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        ck_assert_await(condition_wait(&condition), 0);
        tell("%d", i);
    }
    return DONE;
}

// Can one broadcast wake a task twice that waits again at once?
START_TASK_TEST(waiting_again)
{
    struct group group = { 0 };

    spawn(&group, wait_again, NULL, "");
    spawn(&group, wait_again, NULL, "");
    for (int i = 0; i < 3; i++) {
        ck_assert_await(task_pause(1), 0);
        tell("go");
        condition_broadcast(&condition);
    }
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("go 0 0 go 1 1 go 2 2 ");
    return DONE;
}
END_TEST

// Is a signal lost if the first waiter is cancelled before it comes? b gets it.
// A waiter that is cancelled after the signal, like c, keeps it.
START_TASK_TEST(a_signal_and_a_cancel)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn(&cancelled, wait_for_it, "a", "");
    spawn(&group, wait_for_it, "b", "");
    ck_assert_await(task_yield(), 0);
    group_cancel(&cancelled);
    condition_signal(&condition);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_await(group_wait(&group), 0);
    spawn(&cancelled, wait_for_it, "c", "");
    spawn(&group, wait_for_it, "d", "");
    ck_assert_await(task_yield(), 0);
    condition_signal(&condition);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_await(task_pause(1), 0);
    ck_assert_story("a! b c ");
    condition_signal(&condition);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a! b c d ");
    return DONE;
}
END_TEST

static async_int wait_and_pause(void *unused)
{
    (void)unused;
    ck_assert_await(condition_wait(&condition), 0);
    ck_assert_await(task_pause(1), 0);
    tell("a");
    return DONE;
}

// Does the end of a later wait disturb the queue that the task has left?
START_TASK_TEST(a_woken_task_waits_elsewhere)
{
    struct group group = { 0 };

    spawn(&group, wait_and_pause, NULL, "");
    ck_assert_await(task_yield(), 0);
    condition_signal(&condition);
    ck_assert_await(task_yield(), 0);
    spawn(&group, wait_for_it, "b", "");
    spawn(&group, wait_for_it, "c", "");
    ck_assert_await(task_pause(2), 0);
    condition_signal(&condition);
    condition_signal(&condition);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a b c ");
    return DONE;
}
END_TEST

START_TASK_TEST(a_condition_and_a_deadline)
{
    ck_assert_int_eq(await_within(1, wait_for_it("a")), -ETIMEDOUT);
    ck_assert_now(1);
    ck_assert_ptr_null(condition.waiters.first);
    ck_assert_ptr_null(condition.waiters.last);
    ck_assert_story("a! ");
    return DONE;
}
END_TEST

// A task that is woken by task_wake() leaves the queue of the condition.
static async_int be_woken(void *task)
{
    *(struct task **)task = task_running();
    ck_assert_await(condition_wait(&condition), -EIO);
    return DONE;
}

START_TASK_TEST(woken_by_another_task)
{
    struct group group = { 0 };
    struct task *task;

    spawn(&group, wait_for_it, "a", "");
    spawn(&group, be_woken, &task, "");
    spawn(&group, wait_for_it, "b", "");
    ck_assert_await(task_yield(), 0);
    task_wake(task, -EIO);
    condition_signal(&condition);
    condition_signal(&condition);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a b ");
    return DONE;
}
END_TEST

static async_int hoard(void *unused)
{
    static struct lock mine;

    (void)unused;
    return (async_int){ await(lock_take(&mine)) };
}

static void be_a_hoarder(void)
{
    async_run(NULL, hoard, NULL);
}

START_TEST(a_task_that_ends_with_a_lock_is_named)
{
    int status = die_of(be_a_hoarder);

    ck_assert(WIFSIGNALED(status));
    ck_assert_str_eq(stderr_text, "hoard() has ended with a lock\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lock");
    TCase *locks = tcase_create("locks");
    TCase *conditions = tcase_create("conditions");

    tcase_add_checked_fixture(locks, on_virtual_clock, NULL);
    tcase_add_test(locks, a_lock_is_served_in_order);
    tcase_add_test(locks, no_task_overtakes_a_waiter);
    tcase_add_test(locks, a_free_lock_is_taken_at_once);
    tcase_add_test(locks, giving_only_queues);
    tcase_add_test(locks, giving_a_lock_of_another_task);
    tcase_add_test(locks, cancelled_in_the_queue);
    tcase_add_test(locks, all_of_the_queue_cancelled);
    tcase_add_test(locks, handed_over_then_cancelled);
    tcase_add_test(locks, cancelled_then_given);
    tcase_add_test(locks, cancelled_before_it_would_queue);
    tcase_add_test(locks, a_deadline_in_the_queue);
    tcase_add_test(locks, a_task_that_ends_with_a_lock_is_named);
    tcase_add_checked_fixture(conditions, on_virtual_clock, NULL);
    tcase_add_test(conditions, signal_wakes_one);
    tcase_add_test(conditions, broadcast_wakes_all);
    tcase_add_test(conditions, waiting_again);
    tcase_add_test(conditions, a_signal_and_a_cancel);
    tcase_add_test(conditions, a_woken_task_waits_elsewhere);
    tcase_add_test(conditions, a_condition_and_a_deadline);
    tcase_add_test(conditions, woken_by_another_task);
    tcase_set_timeout(locks, 60);
    tcase_set_timeout(conditions, 60);
    suite_add_tcase(suite, locks);
    suite_add_tcase(suite, conditions);
    return suite_run(suite);
}
