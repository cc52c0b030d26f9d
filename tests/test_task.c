// test_task.c - futures and tasks, on the loop and, where time matters, on the
// virtual clock.

#include "clock.h"
#include "gather.h"
#include "suite.h"
#include "task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char story[256]; // the events, in order

static void tell(const char *event)
{
    if (event == NULL)
        return;
    strcat(story, event);
    strcat(story, " ");
}

static void set_up(void)
{
    setenv("CLOCK", "virtual", 1);
    story[0] = '\0';
    ck_assert_int_eq(loop_init(NULL), 0);
}

static void tear_down(void)
{
    loop_free();
}

// A task that awaits a future or a pause, holding a lock if there is one, and
// ends with the result.
struct waiter {
    struct coroutine co;
    struct task task;
    const char *name;
    struct future *future; // NULL: a pause
    double pause;
    int fails; // the error to end with; 0: the result
    struct lock *lock;
    int result;
};

static enum co_state waiter(struct coroutine *co)
{
    struct waiter *w = (struct waiter *)co;
    int n = -ECANCELED;

    CO_BEGIN(co);
    if (w->lock != NULL)
        AWAIT(co, lock_take(w->lock));
    if (w->future != NULL)
        AWAIT(co, w->future);
    else
        AWAIT(co, task_pause(w->pause));
    w->result = AWAITED(co);
    n = w->fails != 0 ? w->fails : w->result;
    tell(w->name);
leave:
    if (w->lock != NULL)
        lock_give(w->lock);
    if (n == -ECANCELED)
        tell("cleanup");
    TASK_END(co, n);
}

static void start(struct waiter *w)
{
    task_start(&w->task, w, waiter, w->name);
}

struct later {
    struct loop_call call;
    struct future *future;
    struct task *cancel;
};

static void on_later(void *arg)
{
    struct later *later = arg;

    if (later->cancel != NULL)
        task_cancel(later->cancel);
    if (later->future != NULL)
        future_set(later->future, 7);
    tell("set");
}

START_TEST(a_future_wakes_all_in_order_and_runs_none)
{
    struct future future = { .done = false };
    struct waiter a = { .name = "a", .future = &future };
    struct waiter b = { .name = "b", .future = &future };
    struct later later = { .future = &future };

    start(&a);
    start(&b);
    loop_after(&later.call, 1, on_later, &later);
    ck_assert_int_eq(loop_run(), 0);
    // The waiters run after future_set() has returned.
    ck_assert_str_eq(story, "set a b ");
    ck_assert_int_eq(a.result, 7);
    ck_assert_int_eq(b.task.end.result, 7);
}
END_TEST

START_TEST(a_future_that_is_done_need_not_be_waited_for)
{
    struct future future = { .done = false };
    struct waiter a = { .name = "a", .future = &future };

    future_set(&future, 3);
    future_set(&future, 4); // only the first counts
    start(&a);
    loop_run();
    ck_assert_int_eq(a.result, 3);
}
END_TEST

START_TEST(tasks_can_be_awaited)
{
    struct waiter a = { .name = "a", .pause = 5 };
    struct waiter b = { .name = "b" };

    start(&a);
    b.future = task_join(&a.task);
    start(&b);
    loop_run();
    ck_assert_str_eq(story, "a b ");
    ck_assert_double_eq_tol(clock_now(), 5, 1e-9);
    ck_assert(task_ended(&a.task));
}
END_TEST

// Ten thousand pauses at once take as long as the longest.
START_TEST(pauses_overlap)
{
    enum { MANY = 10000 };
    struct waiter *all = calloc(MANY, sizeof(*all));

    for (int i = 0; i < MANY; i++) {
        all[i].name = NULL;
        all[i].pause = 1 + i % 100;
        start(&all[i]);
    }
    loop_run();
    ck_assert_double_eq_tol(clock_now(), 100, 1e-9);
    for (int i = 0; i < MANY; i++)
        ck_assert(task_ended(&all[i].task));
    free(all);
}
END_TEST

START_TEST(cancelling_runs_the_cleanup)
{
    struct waiter a = { .name = "a", .pause = 100 };
    struct later later = { .cancel = &a.task };

    start(&a);
    loop_after(&later.call, 1, on_later, &later);
    loop_run();
    ck_assert_str_eq(story, "set cleanup "); // after task_cancel()
    ck_assert_int_eq(a.task.end.result, -ECANCELED);
    ck_assert_double_eq_tol(clock_now(), 1, 1e-9);
    task_join(&a.task);
    task_cancel(&a.task); // an ended task: nothing happens
    loop_run();
}
END_TEST

START_TEST(cancelled_before_it_began)
{
    struct waiter a = { .name = "a", .pause = 1 };

    start(&a);
    task_cancel(&a.task);
    loop_run();
    ck_assert_str_eq(story, ""); // nothing to clean up
    ck_assert_int_eq(a.task.end.result, -ECANCELED);
}
END_TEST

START_TEST(a_lock_is_fair)
{
    struct lock lock = { .holder = NULL };
    struct waiter a = { .name = "a", .pause = 3, .lock = &lock };
    struct waiter b = { .name = "b", .pause = 2, .lock = &lock };
    struct waiter c = { .name = "c", .pause = 1, .lock = &lock };

    start(&a);
    start(&b);
    start(&c);
    loop_run();
    ck_assert_str_eq(story, "a b c ");
    ck_assert_double_eq_tol(clock_now(), 6, 1e-9);
    ck_assert_ptr_null(lock.holder);
}
END_TEST

// A task that is cancelled in the queue does not get the lock; a holder that is
// cancelled gives the lock back in its cleanup.
START_TEST(a_lock_survives_cancelling)
{
    struct lock lock = { .holder = NULL };
    struct waiter a = { .name = "a", .pause = 100, .lock = &lock };
    struct waiter b = { .name = "b", .pause = 100, .lock = &lock };
    struct waiter c = { .name = "c", .pause = 1, .lock = &lock };
    struct later first = { .cancel = &b.task };
    struct later second = { .cancel = &a.task };

    start(&a);
    start(&b);
    start(&c);
    loop_after(&first.call, 1, on_later, &first);
    loop_after(&second.call, 2, on_later, &second);
    loop_run();
    ck_assert_str_eq(story, "set cleanup set cleanup c ");
    ck_assert_double_eq_tol(clock_now(), 3, 1e-9);
    ck_assert_ptr_null(lock.holder);
}
END_TEST

START_TEST(gather_waits_for_all)
{
    struct waiter a = { .name = "a", .pause = 2 };
    struct waiter b = { .name = "b", .pause = 1 };
    struct task *tasks[] = { &a.task, &b.task };
    struct gather both;
    struct waiter end = { .name = "end" };

    start(&a);
    start(&b);
    end.future = gather(&both, tasks, 2);
    start(&end);
    loop_run();
    ck_assert_str_eq(story, "b a end ");
    ck_assert_int_eq(end.result, 0);
}
END_TEST

START_TEST(gather_cancels_after_the_first_error)
{
    struct future bad = { .done = true, .result = -EIO };
    struct waiter a = { .name = "a", .future = &bad };
    struct waiter b = { .name = "b", .pause = 100 };
    struct task *tasks[] = { &a.task, &b.task };
    struct gather both;
    struct waiter end = { .name = "end" };

    start(&a);
    start(&b);
    end.future = gather(&both, tasks, 2);
    start(&end);
    loop_run();
    ck_assert_str_eq(story, "a cleanup end ");
    ck_assert_int_eq(end.result, -EIO);
    ck_assert(clock_now() < 1);
}
END_TEST

// The second task fails first: does gather() wait for the first task before?
START_TEST(gather_notices_a_failure_at_once)
{
    struct waiter a = { .name = "a", .pause = 5 };
    struct waiter b = { .name = "b", .pause = 1, .fails = -EIO };
    struct waiter c = { .name = "c", .pause = 7 };
    struct task *tasks[] = { &a.task, &b.task, &c.task };
    struct gather all;
    struct waiter end = { .name = "end" };

    start(&a);
    start(&b);
    start(&c);
    end.future = gather(&all, tasks, 3);
    start(&end);
    loop_run();
    ck_assert_str_eq(story, "b cleanup cleanup end ");
    ck_assert_int_eq(end.result, -EIO);
    ck_assert_double_eq_tol(clock_now(), 1, 1e-9);
}
END_TEST

START_TEST(gather_of_tasks_that_have_ended)
{
    struct waiter a = { .name = "a", .pause = 1 };
    struct task *tasks[] = { &a.task };
    struct gather all;
    struct waiter end = { .name = "end" };

    start(&a);
    loop_run();
    end.future = gather(&all, tasks, 1);
    start(&end);
    loop_run();
    ck_assert_str_eq(story, "a end ");
}
END_TEST

static void cancel_gather(void *g)
{
    gather_cancel(g);
}

START_TEST(a_gather_that_is_cancelled_cancels_its_tasks)
{
    for (int at = 0; at < 2; at++) { // at 0 the tasks have not begun
        struct waiter a = { .name = "a", .pause = 5 };
        struct waiter b = { .name = "b", .pause = 6 };
        struct task *tasks[] = { &a.task, &b.task };
        struct gather both;
        struct loop_call cancel = { 0 };
        struct waiter end = { .name = "end" };
        double start_of_it = clock_now();

        story[0] = '\0';
        start(&a);
        start(&b);
        end.future = gather(&both, tasks, 2);
        start(&end);
        if (at == 0)
            gather_cancel(&both);
        else
            loop_after(&cancel, 1, cancel_gather, &both);
        loop_run();
        // A task that has not begun needs no cleanup.
        ck_assert_str_eq(story,
            at == 0 ? "end cleanup " : "cleanup cleanup end cleanup ");
        ck_assert_double_eq_tol(clock_now(), start_of_it + at, 1e-9);
        ck_assert_int_eq(both.result, -ECANCELED);
        ck_assert(a.task.end.done && b.task.end.done && both.end.done);
    }
}
END_TEST

START_TEST(the_first_of_them)
{
    struct waiter a = { .name = "a", .pause = 5 };
    struct waiter b = { .name = "b", .pause = 1, .fails = -EIO };
    struct waiter c = { .name = "c", .pause = 2 };
    struct task *tasks[] = { &a.task, &b.task, &c.task };
    struct gather race;
    struct waiter end = { .name = "end" };

    start(&a);
    start(&b);
    start(&c);
    end.future = first_of(&race, tasks, 3);
    start(&end);
    loop_run();
    ck_assert_str_eq(story, "b c cleanup end ");
    ck_assert_int_eq(end.result, 0);
    ck_assert_double_eq_tol(clock_now(), 2, 1e-9);
}
END_TEST

START_TEST(if_all_of_them_fail_the_first_error_is_the_result)
{
    struct waiter a = { .name = "a", .pause = 2, .fails = -ENOENT };
    struct waiter b = { .name = "b", .pause = 1, .fails = -EIO };
    struct task *tasks[] = { &a.task, &b.task };
    struct gather race;
    struct waiter end = { .name = "end" };

    start(&a);
    start(&b);
    end.future = first_of(&race, tasks, 2);
    start(&end);
    loop_run();
    ck_assert_int_eq(end.result, -EIO);
}
END_TEST

// Takes a lock and ends without giving it back.
static enum co_state hoarder(struct coroutine *co)
{
    static struct lock lock;

    CO_BEGIN(co);
    AWAIT(co, lock_take(&lock));
leave:
    TASK_END(co, 0);
}

START_TEST(a_task_that_ends_with_a_lock_is_named)
{
    static struct {
        struct coroutine co;
    } frame;
    static struct task task;

    task_start(&task, &frame, hoarder, "hoarder");
    loop_run();
}
END_TEST

// Waits for a pipe, with a deadline.
struct reader {
    struct coroutine co;
    struct task task;
    int fd;
    double deadline;
    int result;
};

static enum co_state reader(struct coroutine *co)
{
    struct reader *r = (struct reader *)co;

    CO_BEGIN(co);
    AWAIT(co, task_on_fd(r->fd, SELECT_READ, r->deadline));
    r->result = AWAITED(co);
leave:
    task_close(r->fd);
    TASK_END(co, 0);
}

START_TEST(descriptors)
{
    int ends[2];
    struct reader r = { .deadline = CLOCK_NEVER };

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq((int)write(ends[1], "x", 1), 1);
    r.fd = ends[0];
    r.result = 99;
    task_start(&r.task, &r, reader, "reader");
    loop_run();
    ck_assert_int_eq(r.result, 0);
    ck_assert_int_eq(close(ends[0]), -1); // the task has closed it
    close(ends[1]);
}
END_TEST

// Closes the descriptor that another task waits for.
static enum co_state closer(struct coroutine *co)
{
    struct reader *r = (struct reader *)co;

    CO_BEGIN(co);
    AWAIT(co, task_pause(0));
    task_close(r->fd);
leave:
    TASK_END(co, 0);
}

START_TEST(closing_the_descriptor_of_another_task_aborts)
{
    static struct reader r = { .deadline = CLOCK_NEVER };
    static struct reader c;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    r.fd = c.fd = ends[0];
    task_start(&r.task, &r, reader, "reader");
    task_start(&c.task, &c, closer, "closer");
    loop_run();
}
END_TEST

// The virtual clock does not jump by itself while a descriptor is watched.
static void jump_to_2(void *unused)
{
    (void)unused;
    clock_jump(2);
}

START_TEST(a_deadline_ends_the_wait_for_a_descriptor)
{
    int ends[2];
    struct reader r = { .deadline = 1 };
    struct loop_call jump = { 0 };

    ck_assert_int_eq(pipe(ends), 0);
    r.fd = ends[0];
    task_start(&r.task, &r, reader, "reader");
    loop_soon(&jump, jump_to_2, NULL);
    loop_run();
    ck_assert_int_eq(r.result, -ETIMEDOUT);
    close(ends[1]);
}
END_TEST

// Can the deadline of a wait end a later wait for another descriptor, which has
// got the same number?
START_TEST(a_number_that_is_used_again)
{
    struct reader a = { .deadline = 1 };
    struct reader b = { .deadline = 9 };
    struct loop_call jump = { 0 };
    int ends[2];
    int more[2];

    ck_assert_int_eq(pipe(ends), 0);
    a.fd = ends[0];
    task_start(&a.task, &a, reader, "a");
    loop_soon(&jump, jump_to_2, NULL);
    loop_run();
    ck_assert_int_eq(a.result, -ETIMEDOUT);
    ck_assert_int_eq(pipe(more), 0);
    ck_assert_int_eq(more[0], ends[0]);
    ck_assert_int_eq((int)write(more[1], "x", 1), 1);
    b.fd = more[0];
    task_start(&b.task, &b, reader, "b");
    loop_run();
    ck_assert_int_eq(b.result, 0);
    close(ends[1]);
    close(more[1]);
}
END_TEST

// Otherwise a task that reads a stream without pauses would read for ever.
START_TEST(a_deadline_that_has_come)
{
    int ends[2];
    struct reader r = { .deadline = 1 };

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq((int)write(ends[1], "x", 1), 1);
    r.fd = ends[0];
    clock_jump(1);
    task_start(&r.task, &r, reader, "reader");
    loop_run();
    ck_assert_int_eq(r.result, -ETIMEDOUT);
    close(ends[1]);
}
END_TEST

START_TEST(an_unwatchable_descriptor_is_an_error)
{
    struct reader r = { .fd = 1 << 30, .deadline = CLOCK_NEVER };

    task_start(&r.task, &r, reader, "reader");
    loop_run();
    ck_assert_int_eq(r.result, -EMFILE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("task");
    TCase *tests = tcase_create("task");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_future_wakes_all_in_order_and_runs_none);
    tcase_add_test(tests, a_future_that_is_done_need_not_be_waited_for);
    tcase_add_test(tests, tasks_can_be_awaited);
    tcase_add_test(tests, pauses_overlap);
    tcase_add_test(tests, cancelling_runs_the_cleanup);
    tcase_add_test(tests, cancelled_before_it_began);
    tcase_add_test(tests, a_lock_is_fair);
    tcase_add_test(tests, a_lock_survives_cancelling);
    tcase_add_test(tests, gather_waits_for_all);
    tcase_add_test(tests, gather_cancels_after_the_first_error);
    tcase_add_test(tests, gather_notices_a_failure_at_once);
    tcase_add_test(tests, gather_of_tasks_that_have_ended);
    tcase_add_test(tests, a_gather_that_is_cancelled_cancels_its_tasks);
    tcase_add_test(tests, the_first_of_them);
    tcase_add_test(tests, if_all_of_them_fail_the_first_error_is_the_result);
    tcase_add_test_raise_signal(
        tests, a_task_that_ends_with_a_lock_is_named, SIGABRT);
    tcase_add_test_raise_signal(
        tests, closing_the_descriptor_of_another_task_aborts, SIGABRT);
    tcase_add_test(tests, a_number_that_is_used_again);
    tcase_add_test(tests, descriptors);
    tcase_add_test(tests, a_deadline_ends_the_wait_for_a_descriptor);
    tcase_add_test(tests, a_deadline_that_has_come);
    tcase_add_test(tests, an_unwatchable_descriptor_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
