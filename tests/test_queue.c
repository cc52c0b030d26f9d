// test_queue.c - the bounded queue of stage 6's examples; on the virtual clock.

#include "story.h"

#include "../06-async-await-style/examples/queue.h"

static void *places[2];
static struct queue queue;

static void set_up(void)
{
    struct queue empty = QUEUE(places);

    on_virtual_clock();
    queue = empty;
}

static async_int put_three(void *names)
{
    char **name = names;

    for (int i = 0; i < 3; i++) {
        int n = await(queue_put(&queue, name[i]));
        if (n != 0)
            return (async_int){ n };
        tell("+%s", name[i]);
    }
    return DONE;
}

static async_int get_one(void *unused)
{
    void *item;

    (void)unused;
    int n = await(queue_get(&queue, &item));
    tell("-%s", n == 0 ? (char *)item : "!");
    return (async_int){ n };
}

START_TASK_TEST(a_full_queue_makes_wait)
{
    struct group group = { 0 };
    char *names[] = { "a", "b", "c" };

    spawn(&group, put_three, names, "");
    ck_assert_await(task_pause(1), 0);
    ck_assert(!queue_offer(&queue, "x"));
    tell("|");
    ck_assert_await(get_one(NULL), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_await(get_one(NULL), 0);
    ck_assert(queue_offer(&queue, "y"));
    ck_assert_await(get_one(NULL), 0);
    ck_assert_await(get_one(NULL), 0);
    ck_assert_story("+a +b | -a +c -b -c -y ");
    return DONE;
}
END_TEST

START_TASK_TEST(an_empty_queue_makes_wait_in_order)
{
    struct group group = { 0 };

    for (int i = 0; i < 2; i++)
        spawn(&group, get_one, NULL, "");
    ck_assert_await(task_pause(1), 0);
    ck_assert_await(queue_put(&queue, "a"), 0);
    ck_assert_await(queue_put(&queue, "b"), 0);
    tell("put");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("put -a -b ");
    return DONE;
}
END_TEST

START_TASK_TEST(a_cancelled_wait_changes_nothing)
{
    char *names[] = { "a", "b", "c" };

    ck_assert_await(cancel_after(1, get_one, NULL), 0);
    ck_assert_await(cancel_after(1, put_three, names), 0);
    ck_assert_await(get_one(NULL), 0);
    ck_assert_await(get_one(NULL), 0);
    ck_assert_int_eq(await_within(1, get_one(NULL)), -ETIMEDOUT);
    ck_assert_int_eq(queue.places.left, 2);
    ck_assert_story("-! +a +b -a -b -! ");
    return DONE;
}
END_TEST

static async_int work(void *unused)
{
    void *item;

    (void)unused;
    while (await(queue_get(&queue, &item)) == 0) {
        ck_assert_await(task_pause(1), 0);
        tell("%s", (char *)item);
        queue_done(&queue);
    }
    return DONE;
}

START_TASK_TEST(join_waits_until_all_is_done)
{
    struct group group = { 0 };
    char *names[] = { "a", "b", "c" };

    ck_assert_await(queue_join(&queue), 0); // nothing was put
    spawn(&group, work, NULL, "");
    spawn(&group, put_three, names, "");
    ck_assert_await(task_pause(0.5), 0);
    ck_assert_await(queue_join(&queue), 0);
    ck_assert_now(3);
    ck_assert_story("+a +b +c a b c ");
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    return DONE;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("queue");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, a_full_queue_makes_wait);
    tcase_add_test(tests, an_empty_queue_makes_wait_in_order);
    tcase_add_test(tests, a_cancelled_wait_changes_nothing);
    tcase_add_test(tests, join_waits_until_all_is_done);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
