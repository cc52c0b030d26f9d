// test_wait.c - the first task, waking, yielding, descriptors, and pauses that
// Ctrl-C ends; on both selectors where descriptors are involved. On the virtual
// clock, except for Ctrl-C: the virtual clock would jump to a pause's end.

#include "interrupt.h"
#include "story.h"

#include <signal.h>
#include <sys/socket.h>

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

// --- The first task ----------------------------------------------------------

static async_int return_seven(void *arg)
{
    if (arg != NULL)
        await(task_pause(*(double *)arg));
    return (async_int){ 7 };
}

START_TEST(async_run_returns_the_first_result)
{
    double seconds = 2;

    ck_assert_int_eq(async_run(kinds[_i], return_seven, NULL), 7);
    ck_assert_int_eq(async_run(kinds[_i], return_seven, &seconds), 7);
    ck_assert_now(2);
}
END_TEST

START_TEST(an_unknown_selector)
{
    ck_assert_int_eq(async_run("kqueue8", return_seven, NULL), -EINVAL);
    ck_assert_int_eq(async_run(NULL, return_seven, NULL), 7);
}
END_TEST

static async_int tell_late(void *unused)
{
    (void)unused;
    ck_assert_await(task_pause(3), 0);
    tell("late");
    return (async_int){ 1 };
}

static async_int leave_one_behind(void *unused)
{
    (void)unused;
    spawn(NULL, tell_late, NULL, "");
    return (async_int){ -EIO };
}

START_TEST(async_run_waits_for_all)
{
    ck_assert_int_eq(async_run(NULL, leave_one_behind, NULL), -EIO);
    ck_assert_story("late ");
    ck_assert_now(3);
}
END_TEST

// --- Waking ------------------------------------------------------------------

static async_int wait_and_tell(void *task)
{
    *(struct task **)task = task_running();
    tell("got %s", outcome(await(task_wait("a word"))));
    return DONE;
}

START_TASK_TEST(waking_only_queues)
{
    struct group group = { 0 };
    struct task *task;

    spawn(&group, wait_and_tell, &task, "");
    ck_assert_await(task_yield(), 0);
    task_wake(task, -5);
    tell("woken");
    task_wake(task, 6); // no effect: the task has been woken
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("woken got -5 ");
    return DONE;
}
END_TEST

START_TASK_TEST(waking_a_task_that_does_not_wait)
{
    struct task *self = task_running();

    task_wake(self, 5); // no effect: the task runs
    ck_assert_await(task_pause(1), 0);
    ck_assert_now(1);
    ck_assert_ptr_eq(task_running(), self);
    return DONE;
}
END_TEST

START_TASK_TEST(a_wake_ends_any_wait)
{
    struct group group = { 0 };
    struct task *task;

    spawn(&group, wait_and_tell, &task, "");
    ck_assert_await(task_pause(1), 0);
    task_wake(task, 0); // ends the wait, and a deadline if there is one
    ck_assert_await(task_pause(1), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("got 0 ");
    return DONE;
}
END_TEST

static async_int count_turns(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        tell("%d", i);
        ck_assert_await(task_yield(), 0);
    }
    return DONE;
}

START_TASK_TEST(yielding_goes_round)
{
    struct group group = { 0 };

    for (int i = 0; i < 3; i++)
        spawn(&group, count_turns, NULL, "");
    tell("spawned");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("spawned 0 0 0 1 1 1 2 2 2 ");
    return DONE;
}
END_TEST

static bool is_enough;

static async_int be_greedy(void *unused)
{
    (void)unused;
    while (!is_enough)
        ck_assert_await(task_yield(), 0);
    return DONE;
}

static async_int read_one(void *unused)
{
    (void)unused;
    ck_assert_await(readable(ends[0], CLOCK_NEVER), 0);
    is_enough = true;
    return DONE;
}

START_TASK_TEST(yielding_starves_no_task)
{
    struct group group = { 0 };

    open_pipe();
    spawn(&group, be_greedy, NULL, "");
    spawn(&group, be_greedy, NULL, "");
    spawn(&group, read_one, NULL, "");
    for (int i = 0; i < 10; i++)
        ck_assert_await(task_yield(), 0);
    ck_assert(!is_enough);
    write_byte();
    ck_assert_await(group_wait(&group), 0);
    close_pipe();
    return DONE;
}
END_TEST

// --- Descriptors -------------------------------------------------------------

START_TASK_TEST(unwatchable_descriptors)
{
    ck_assert_await(readable(1 << 30, CLOCK_NEVER), -EMFILE);
    ck_assert_await(writable(1 << 30, 1), -EMFILE);
    ck_assert_await(task_yield(), 0);
    return DONE;
}
END_TEST

#ifdef __linux__
static async_int read_a_file(void *unused)
{
    FILE *file = tmpfile();

    (void)unused;
    ck_assert_ptr_nonnull(file);
    ck_assert_await(readable(fileno(file), CLOCK_NEVER), -EPERM);
    ck_assert_await(task_yield(), 0);
    task_forget(fileno(file));
    fclose(file);
    return DONE;
}

START_TEST(epoll_cannot_watch_a_file)
{
    run_on("epoll", read_a_file);
}
END_TEST
#endif

// Can a wait end because of a closed descriptor that had the same number?
START_TASK_TEST(a_number_is_used_again)
{
    open_pipe();
    for (int i = 0; i < 5; i++) {
        int number = ends[0];
        write_byte();
        ck_assert_await(readable(ends[0], CLOCK_NEVER), 0);
        close_pipe();
        open_pipe();
        ck_assert_int_eq(ends[0], number);
        ck_assert_int_eq(await_within(0, readable(number, HOUR)), -ETIMEDOUT);
        ck_assert_await(readable(number, 0), -ETIMEDOUT);
    }
    close_pipe();
    return DONE;
}
END_TEST

static async_int read_cancelled(void *unused)
{
    (void)unused;
    ck_assert_await(readable(ends[0], CLOCK_NEVER), -ECANCELED);
    return DONE;
}

// Is an event lost that comes when its waiter has been cancelled?
START_TASK_TEST(a_descriptor_that_is_not_waited_for_any_more)
{
    struct group group = { 0 };

    open_pipe();
    spawn(&group, read_cancelled, NULL, "");
    ck_assert_await(task_yield(), 0);
    group_cancel(&group);
    write_byte();
    ck_assert_await(group_wait(&group), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_await(task_yield(), 0);
    ck_assert_await(readable(ends[0], CLOCK_NEVER), 0); // gets the byte
    close_pipe();
    return DONE;
}
END_TEST

// --- Two tasks for one descriptor --------------------------------------------

static async_int read_the_byte(void *fd)
{
    char byte;

    ck_assert_await(readable(*(int *)fd, CLOCK_NEVER), 0);
    ck_assert_int_eq((int)read(*(int *)fd, &byte, 1), 1);
    tell("read");
    return DONE;
}

static async_int be_able_to_write(void *fd)
{
    ck_assert_await(writable(*(int *)fd, CLOCK_NEVER), 0);
    tell("write");
    return DONE;
}

START_TASK_TEST(one_reads_and_another_writes)
{
    struct group group = { 0 };
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    spawn(&group, read_the_byte, &pair[0], "reader");
    spawn(&group, be_able_to_write, &pair[0], "writer");
    ck_assert_await(group_room(&group, 2), 0);
    ck_assert_story("write ");
    ck_assert_int_eq((int)write(pair[1], "x", 1), 1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("write read ");
    task_close(pair[0]);
    close(pair[1]);
    return DONE;
}
END_TEST

static async_int close_the_descriptor_of_another(void *unused)
{
    static int pair[2];
    struct group group = { 0 };

    (void)unused;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    spawn(&group, read_the_byte, &pair[0], "cow");
    ck_assert_await(task_yield(), 0);
    ck_assert_await(task_yield(), 0);
    task_close(pair[0]);
    return (async_int){ await(group_wait(&group)) };
}

static void close_it(void)
{
    async_run(NULL, close_the_descriptor_of_another, NULL);
}

START_TEST(closing_the_descriptor_of_another_task_names_both)
{
    int status = die_of(close_it);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    ck_assert_ptr_nonnull(
        strstr(stderr_text, "close_the_descriptor_of_another()"));
    ck_assert_ptr_nonnull(
        strstr(stderr_text, "and read_the_byte(cow) waits for it\n"));
}
END_TEST

static async_int write_without_a_reader(void *unused)
{
    int pair[2];

    (void)unused;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    ck_assert_int_eq((int)write(pair[0], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    task_close(pair[0]);
    return DONE;
}

START_TEST(a_peer_that_has_gone_away_kills_no_process)
{
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(async_run(NULL, write_without_a_reader, NULL), 0);
}
END_TEST

// --- Deadlines ---------------------------------------------------------------

static double new_time;

// The virtual clock does not jump by itself while a descriptor is watched.
static void jump(void *unused)
{
    (void)unused;
    clock_jump(new_time);
}

static void write_and_jump(void *unused)
{
    write_byte();
    jump(unused);
}

static async_int readable_while(loop_fn *fn, double then, double deadline)
{
    static struct loop_call call;
    char byte;

    new_time = then;
    loop_soon(&call, fn, NULL);
    int n = await(readable(ends[0], deadline));
    if (n == 0)
        ck_assert_int_eq((int)read(ends[0], &byte, 1), 1);
    return (async_int){ n };
}

START_TASK_TEST(deadlines_from_wait_to_wait)
{
    open_pipe();
    ck_assert_await(readable_while(write_and_jump, 1, 5), 0);
    ck_assert_await(readable_while(write_and_jump, 2, 5), 0);
    ck_assert_await(readable_while(jump, 3, 3), -ETIMEDOUT); // nearer one
    ck_assert_await(readable_while(jump, 5, 5), -ETIMEDOUT);
    ck_assert_await(readable(ends[0], 5), -ETIMEDOUT); // the deadline is past
    ck_assert_await(readable_while(write_and_jump, 6, 7), 0);
    ck_assert_await(readable_while(write_and_jump, 8, CLOCK_NEVER), 0);
    ck_assert_await(readable_while(write_and_jump, 9, 20), 0);
    ck_assert_await(task_pause(12), 0); // past the last deadline
    ck_assert_now(21);
    close_pipe();
    return DONE;
}
END_TEST

// Otherwise a task that reads a stream without pauses would read for ever.
START_TASK_TEST(a_deadline_that_has_come)
{
    int turns = 0;

    open_pipe();
    write_byte();
    ck_assert_await(readable(ends[0], 0), -ETIMEDOUT);
    ck_assert_await(readable(ends[0], 0.5), 0);
    while (await(readable(ends[0], 5)) == 0 && turns < 10)
        clock_jump(++turns); // as if the task computed
    ck_assert_int_eq(turns, 5);
    ck_assert_await(readable(ends[0], 5), -ETIMEDOUT);
    ck_assert_await(readable(ends[0], 6), 0);
    close_pipe();
    return DONE;
}
END_TEST

// Two pauses end at one moment, in the order in which they began. The second
// task has had a deadline for this moment before, which must not count.
static async_int pause_till_15(void *unused)
{
    (void)unused;
    ck_assert_await(task_pause(15 - clock_now()), 0);
    tell("first");
    return DONE;
}

START_TASK_TEST(a_pause_until_the_last_deadline)
{
    struct group group = { 0 };

    open_pipe();
    clock_jump(10);
    ck_assert_await(readable_while(write_and_jump, 11, 15), 0);
    spawn(&group, pause_till_15, NULL, "");
    ck_assert_await(readable_while(write_and_jump, 12, 15), 0);
    ck_assert_await(task_pause(3), 0);
    tell("second");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("first second ");
    close_pipe();
    return DONE;
}
END_TEST

static void wake_with_1(void *task)
{
    task_wake(task, 1);
}

// The deadline comes after the task has been woken, but before its turn.
START_TASK_TEST(a_deadline_that_comes_with_the_wake)
{
    struct loop_call early = { .fn = NULL };
    struct loop_call call = { .fn = NULL };

    open_pipe();
    new_time = 5;
    loop_soon(&early, jump, NULL);
    loop_after(&call, 5, wake_with_1, task_running());
    ck_assert_await(readable(ends[0], 5), 1);
    ck_assert_await(readable(ends[0], 5), -ETIMEDOUT);
    close_pipe();
    return DONE;
}
END_TEST

// --- Ctrl-C -----------------------------------------------------------------

static async_int press(void *unused)
{
    (void)unused;
    ck_assert_await(task_yield(), 0);
    raise(SIGINT);
    return DONE;
}

static async_int pause_long(void *unused)
{
    (void)unused;
    tell("%s", outcome(await(task_pause(2 * HOUR))));
    tell("%s", outcome(await(task_pause(HOUR))));
    return DONE;
}

static async_int pause_within(void *unused)
{
    (void)unused;
    tell("%s", outcome(await_within(HOUR, task_pause(2 * HOUR))));
    tell("%s", outcome(await_within(2 * HOUR, task_pause(HOUR))));
    return DONE;
}

static async_int be_pressed(void *unused)
{
    struct group group = { 0 };
    double start = clock_now();

    (void)unused;
    spawn(&group, pause_long, NULL, "");
    spawn(&group, pause_within, NULL, "");
    spawn(&group, press, NULL, "");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_double_lt(clock_now() - start, HOUR / 2);
    return DONE;
}

START_TEST(ctrl_c_ends_pauses_early)
{
    ck_assert_int_eq(interrupt_init(), 0);
    run_on(kinds[_i], be_pressed);
    ck_assert_story("0 0 0 0 ");
    interrupt_free();
}
END_TEST

static async_int wait_a_little(void *unused)
{
    double start = clock_now();

    (void)unused;
    open_pipe();
    raise(SIGINT);
    ck_assert_await(readable(ends[0], start + 0.01), -ETIMEDOUT);
    ck_assert_int_eq(await_within(0.01, task_wait("that")), -ETIMEDOUT);
    ck_assert_double_ge(clock_now() - start, 0.02 - 1e-6);
    close_pipe();
    return DONE;
}

START_TEST(ctrl_c_ends_nothing_else)
{
    ck_assert_int_eq(interrupt_init(), 0);
    run_on(kinds[_i], wait_a_little);
    interrupt_free();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, async_run_returns_the_first_result, 0, KINDS);
    tcase_add_test(tests, an_unknown_selector);
    tcase_add_test(tests, async_run_waits_for_all);
    tcase_add_test(tests, waking_only_queues);
    tcase_add_test(tests, waking_a_task_that_does_not_wait);
    tcase_add_test(tests, a_wake_ends_any_wait);
    tcase_add_loop_test(tests, yielding_goes_round, 0, KINDS);
    tcase_add_loop_test(tests, yielding_starves_no_task, 0, KINDS);
    tcase_add_loop_test(tests, unwatchable_descriptors, 0, KINDS);
#ifdef __linux__
    tcase_add_test(tests, epoll_cannot_watch_a_file);
#endif
    tcase_add_loop_test(tests, a_number_is_used_again, 0, KINDS);
    tcase_add_loop_test(
        tests, a_descriptor_that_is_not_waited_for_any_more, 0, KINDS);
    tcase_add_loop_test(tests, one_reads_and_another_writes, 0, KINDS);
    tcase_add_test(tests, closing_the_descriptor_of_another_task_names_both);
    tcase_add_test(tests, a_peer_that_has_gone_away_kills_no_process);
    tcase_add_loop_test(tests, deadlines_from_wait_to_wait, 0, KINDS);
    tcase_add_loop_test(tests, a_deadline_that_has_come, 0, KINDS);
    tcase_add_loop_test(tests, a_pause_until_the_last_deadline, 0, KINDS);
    tcase_add_loop_test(tests, a_deadline_that_comes_with_the_wake, 0, KINDS);
}

int main(void)
{
    Suite *suite = suite_create("wait");
    TCase *tests = tcase_create("tasks");
    TCase *real = tcase_create("Ctrl-C");

    tcase_add_checked_fixture(tests, on_virtual_clock, NULL);
    add_tests(tests);
    tcase_add_loop_test(real, ctrl_c_ends_pauses_early, 0, KINDS);
    tcase_add_loop_test(real, ctrl_c_ends_nothing_else, 0, KINDS);
    tcase_set_timeout(tests, 60);
    tcase_set_timeout(real, 60);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, real);
    return suite_run(suite);
}
