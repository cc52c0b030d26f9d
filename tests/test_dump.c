// test_dump.c - the dump of all tasks and their waits, word by word; on the
// virtual clock, so that the times are known as well.

#include "story.h"

#include "capture.h"
#include "trace.h"

#include <fcntl.h>
#include <signal.h>

static struct capture capture;
static char expected[4096];

// Appends to the expected dump.
__attribute__((format(printf, 1, 2))) static void expect(
    const char *format, ...)
{
    size_t len = strlen(expected);
    va_list args;

    va_start(args, format);
    vsnprintf(expected + len, sizeof(expected) - len, format, args);
    va_end(args);
}

static void expect_line(int line, const char *call)
{
    expect("    test_dump.c:%-4d await(%s)\n", line, call);
}

// --- A nest of three ---------------------------------------------------------

static int at_pause; // line numbers
static int at_sleep;
static int at_rest;

static async_int sleep_for(double seconds)
{
    at_pause = __LINE__ + 1;
    return (async_int){ await(task_pause(seconds)) };
}

static async_int rest(const char *place)
{
    at_sleep = __LINE__ + 1;
    int n = await_within(HOUR, sleep_for(place[0] == 'a' ? 2.5 : 3600.0));
    return (async_int){ n };
}

static async_int live(void *unused)
{
    (void)unused;
    at_rest = __LINE__ + 1;
    return (async_int){ await(rest("a barn")) };
}

static void expect_nest(void)
{
    expect_line(at_pause, "task_pause(seconds)");
    expect_line(at_sleep, "sleep_for(place[0] == 'a' ? 2.5 : 3600.0)");
    expect_line(at_rest, "rest(\"a barn\")");
}

START_TASK_TEST(a_nest_of_awaits)
{
    struct group group = { 0 };

    spawn(&group, live, NULL, "pig");
    ck_assert_await(task_pause(0.5), 0);
    capture_begin(&capture, 2);
    tasks_dump();
    expect("task 0  a_nest_of_awaits_body()  running\n");
    expect("task 1  live(pig)  waiting 0.50 s for a pause\n");
    expect_nest();
    ck_assert_str_eq(capture_end(&capture), expected);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_now(2.5);
    return DONE;
}
END_TEST

// Does the running task have a chain, too?
static async_int dump_here(void)
{
    tasks_dump();
    return DONE;
}

static async_int dump_from_below(void *unused)
{
    (void)unused;
    at_sleep = __LINE__ + 1;
    return (async_int){ await(dump_here()) };
}

START_TASK_TEST(the_chain_of_the_running_task)
{
    capture_begin(&capture, 2);
    at_rest = __LINE__ + 1;
    int n = await(dump_from_below(NULL));
    ck_assert_int_eq(n, 0);
    tasks_dump(); // no chain after the await has returned
    expect("task 0  the_chain_of_the_running_task_body()  running\n");
    expect_line(at_sleep, "dump_here()");
    expect_line(at_rest, "dump_from_below(NULL)");
    expect("task 0  the_chain_of_the_running_task_body()  running\n");
    ck_assert_str_eq(capture_end(&capture), expected);
    return DONE;
}
END_TEST

static async_int add(int a, int b)
{
    return (async_int){ a + b };
}

START_TASK_TEST(each_await_is_counted)
{
    struct await_link *chain = await_chain;
    long before = await_count;

    int n = await(add(await(add(1, 2)), await(add(3, 4))));
    ck_assert_int_eq(n, 10);
    ck_assert_int_eq(await_count - before, 3);
    n = await_within(1, add(5, await_shielded(add(6, 7))));
    ck_assert_int_eq(n, 18);
    ck_assert_int_eq(await_count - before, 5);
    ck_assert_ptr_eq(await_chain, chain); // no await is left in the chain
    return DONE;
}
END_TEST

START_TEST(no_tasks)
{
    capture_begin(&capture, 2);
    tasks_dump();
    ck_assert_str_eq(capture_end(&capture), "");
}
END_TEST

// --- Every kind of wait ------------------------------------------------------

static struct lock lock;
static struct condition condition;
static int ends[2];
static struct task *ready;
static int lines[9];

static async_int want_lock(void *unused)
{
    (void)unused;
    lines[0] = __LINE__ + 1;
    return (async_int){ await(lock_take(&lock)) };
}

static async_int want_signal(void *unused)
{
    (void)unused;
    lines[1] = __LINE__ + 1;
    return (async_int){ await(condition_wait(&condition)) };
}

static async_int want_bytes(void *unused)
{
    (void)unused;
    lines[2] = __LINE__ + 1;
    return (async_int){ await(readable(ends[0], CLOCK_NEVER)) };
}

static async_int want_space(void *unused)
{
    (void)unused;
    lines[3] = __LINE__ + 1;
    return (async_int){ await(writable(ends[1], CLOCK_NEVER)) };
}

static async_int want_word(void *unused)
{
    (void)unused;
    ready = task_running();
    lines[4] = __LINE__ + 1;
    return (async_int){ await(task_wait("a word")) };
}

static async_int want_world(void *unused)
{
    (void)unused;
    lines[5] = __LINE__ + 1;
    return (async_int){ await(task_wait("the end of the world")) };
}

static async_int want_its_tasks(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, want_world, NULL, "grandchild");
    lines[6] = __LINE__ + 1;
    return (async_int){ await(group_wait(&group)) };
}

static async_int want_room(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, want_world, NULL, "in the way");
    lines[7] = __LINE__ + 1;
    await(group_room(&group, 1));
    return (async_int){ await(group_wait(&group)) };
}

static async_int begin_late(void *unused)
{
    (void)unused;
    return DONE;
}

static void expect_waiting(int id, const char *who, const char *what)
{
    expect("task %d  %s  waiting 0.25 s for %s\n", id, who, what);
}

static void expect_all(void)
{
    char what[64];

    expect("task 0  all_states_body()  running\n");
    expect_waiting(1, "want_lock(a)", "a lock");
    expect_line(lines[0], "lock_take(&lock)");
    expect_waiting(2, "want_signal(b)", "a condition");
    expect_line(lines[1], "condition_wait(&condition)");
    snprintf(what, sizeof(what), "fd %d readable", ends[0]);
    expect_waiting(3, "want_bytes(c)", what);
    expect_line(lines[2], "readable(ends[0], CLOCK_NEVER)");
    snprintf(what, sizeof(what), "fd %d writable", ends[1]);
    expect_waiting(4, "want_space(d)", what);
    expect_line(lines[3], "writable(ends[1], CLOCK_NEVER)");
    expect("task 5  want_word(e)  ready to run\n");
    expect_line(lines[4], "task_wait(\"a word\")");
    expect_waiting(6, "want_its_tasks(f)", "its tasks");
    expect_line(lines[6], "group_wait(&group)");
    expect_waiting(9, "want_world(grandchild)", "the end of the world");
    expect_line(lines[5], "task_wait(\"the end of the world\")");
    expect_waiting(7, "want_room(g)", "its tasks");
    expect_line(lines[7], "group_room(&group, 1)");
    expect_waiting(10, "want_world(in the way)", "the end of the world");
    expect_line(lines[5], "task_wait(\"the end of the world\")");
    expect_waiting(8, "live(h)", "a pause");
    expect_nest();
    expect("task 11  begin_late(i)  ready to run\n");
}

static void open_pipes(void)
{
    static char bytes[4096];
    int full[2];

    ck_assert_int_eq(pipe(full), 0);
    ck_assert_int_eq(fcntl(full[1], F_SETFL, O_NONBLOCK), 0);
    for (size_t size = sizeof(bytes); size > 0; size /= 2) {
        while (write(full[1], bytes, size) > 0)
            continue;
    }
    ck_assert_int_eq(pipe(ends), 0); // only the read end is used
    ends[1] = full[1];
}

START_TASK_TEST(all_states)
{
    struct group group = { 0 };

    open_pipes();
    ck_assert_await(lock_take(&lock), 0);
    spawn(&group, want_lock, NULL, "a");
    spawn(&group, want_signal, NULL, "b");
    spawn(&group, want_bytes, NULL, "c");
    spawn(&group, want_space, NULL, "d");
    spawn(&group, want_word, NULL, "e");
    spawn(&group, want_its_tasks, NULL, "f");
    spawn(&group, want_room, NULL, "g");
    spawn(&group, live, NULL, "h");
    ck_assert_await(task_yield(), 0);
    ck_assert_await(task_yield(), 0); // lets the grandchildren start
    spawn(&group, begin_late, NULL, "i");
    task_wake(ready, 0);
    clock_jump(0.25);
    capture_begin(&capture, 2);
    tasks_dump();
    expect_all();
    ck_assert_str_eq(capture_end(&capture), expected);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    lock_give(&lock);
    return DONE;
}
END_TEST

// --- Requested by a signal ---------------------------------------------------

static int at_wait;
static int at_ask;

// The dump comes as soon as all tasks wait: in the pause of a second.
static async_int ask(int number)
{
    struct group group = { 0 };

    spawn(&group, want_world, NULL, "cow");
    spawn(&group, live, NULL, "pig");
    ck_assert_await(task_yield(), 0);
    capture_begin(&capture, 2);
    for (int i = 1; i <= 2; i++) {
        raise(number);
        expect("task 0  ask_for_it()  has been running for 0.00 s\n");
        expect_line(at_ask, "ask(*(int *)number)");
        ck_assert_str_eq(capture_text(&capture), expected); // no dump yet
        at_wait = __LINE__ + 1;
        int n = await(task_pause(1));
        ck_assert_int_eq(n, 0);
        expect("task 0  ask_for_it()  waiting 1.00 s for a pause\n");
        expect_line(at_wait, "task_pause(1)");
        expect_line(at_ask, "ask(*(int *)number)");
        expect("task 1  want_world(cow)  waiting %d.00 s for the end of the "
               "world\n",
            i);
        expect_line(lines[5], "task_wait(\"the end of the world\")");
        expect("task 2  live(pig)  waiting %d.00 s for a pause\n", i);
        expect_nest();
        ck_assert_str_eq(capture_text(&capture), expected);
    }
    capture_end(&capture);
    group_cancel(&group);
    return (async_int){ await(group_wait(&group)) };
}

static async_int ask_for_it(void *number)
{
    at_ask = __LINE__ + 1;
    return (async_int){ await(ask(*(int *)number)) };
}

START_TEST(sigusr1_asks)
{
    int number = SIGUSR1;

    ck_assert_int_eq(async_run(kinds[_i], ask_for_it, &number), 0);
}
END_TEST

START_TEST(sigquit_asks)
{
    int number = SIGQUIT;

    ck_assert_int_eq(async_run(kinds[_i], ask_for_it, &number), 0);
    // After async_run() SIGQUIT has its old action again.
    struct sigaction action;
    ck_assert_int_eq(sigaction(SIGQUIT, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_DFL);
}
END_TEST

static async_int never_let_go(void *unused)
{
    (void)unused;
    raise(SIGQUIT); // the loop does not get to run
    raise(SIGQUIT); // ignored within a second: a key may repeat
    clock_jump(clock_now() + 1.5);
    fprintf(stderr, "at last\n");
    raise(SIGQUIT);
    return DONE;
}

// A program in the background ignores Ctrl-\ from its start.
START_TEST(sigquit_that_is_ignored_stays_ignored)
{
    struct sigaction action;

    signal(SIGQUIT, SIG_IGN);
    ck_assert_int_eq(async_run(kinds[_i], never_let_go, NULL), 0);
    ck_assert_int_eq(sigaction(SIGQUIT, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_IGN);
}
END_TEST

static void ask_in_vain(void)
{
    async_run(NULL, never_let_go, NULL);
}

START_TEST(the_second_sigquit_kills_a_busy_program)
{
    int status = die_of(ask_in_vain);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGQUIT);
    ck_assert_str_eq(stderr_text,
        "task 0  never_let_go()  has been running for 0.00 s\n"
        "task 0  never_let_go()  has been running for 0.00 s\nat last\n"
        "task 0  never_let_go()  has been running for 1.50 s\n");
}
END_TEST

// SIGUSR1 comes often, and the loop does not answer for a long time.
static async_int be_asked_often(void *unused)
{
    (void)unused;
    capture_begin(&capture, 2);
    for (int i = 0; i < 5; i++) {
        raise(SIGUSR1);
        clock_jump(clock_now() + 5);
    }
    ck_assert_await(task_pause(1), 0);
    capture_end(&capture);
    return DONE;
}

START_TEST(sigusr1_never_kills)
{
    ck_assert_int_eq(async_run(kinds[_i], be_asked_often, NULL), 0);
}
END_TEST

// Both signals come while the loop waits, before it can answer the first.
static void press_twice(void *unused)
{
    (void)unused;
    raise(SIGQUIT);
    raise(SIGQUIT);
    raise(SIGUSR1);
    raise(SIGUSR1);
}

static async_int be_asked_while_it_waits(void *unused)
{
    static struct loop_call call;

    (void)unused;
    capture_begin(&capture, 2);
    loop_after(&call, 1, press_twice, NULL);
    ck_assert_await(task_pause(3), 0);
    capture_end(&capture);
    return DONE;
}

START_TEST(two_requests_are_answered_by_one_dump)
{
    ck_assert_int_eq(async_run(kinds[_i], be_asked_while_it_waits, NULL), 0);
    ck_assert_ptr_nonnull(strstr(capture.text, "be_asked_while_it_waits()"));
}
END_TEST

// A SIGSEGV that was sent is no overflow of a stack, and must not be ignored.
static async_int fault_by_hand(void *unused)
{
    (void)unused;
    raise(SIGSEGV);
    fprintf(stderr, "survived\n");
    return DONE;
}

static void be_sent_a_fault(void)
{
    async_run(NULL, fault_by_hand, NULL);
}

START_TEST(a_fault_that_was_sent_kills)
{
    int status = die_of(be_sent_a_fault);

    ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    ck_assert_ptr_null(strstr(stderr_text, "survived"));
    ck_assert_ptr_null(strstr(stderr_text, "overflowed"));
}
END_TEST

// --- Deadlock ----------------------------------------------------------------

static struct lock other;

enum { FIRST = __LINE__ + 7, SECOND = __LINE__ + 15, OWNER = __LINE__ + 25 };

static async_int take_the_other(void *unused)
{
    (void)unused;
    ck_assert_await(lock_take(&lock), 0);
    ck_assert_await(task_pause(1), 0);
    return (async_int){ await(lock_take(&other)) };
}

static async_int take_the_one(void *unused)
{
    (void)unused;
    ck_assert_await(lock_take(&other), 0);
    ck_assert_await(task_pause(1), 0);
    return (async_int){ await(lock_take(&lock)) };
}

static async_int start_a_deadlock(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    spawn(&group, take_the_other, NULL, "a");
    spawn(&group, take_the_one, NULL, "b");
    return (async_int){ await(group_wait(&group)) };
}

static void be_deadlocked(void)
{
    async_run(NULL, start_a_deadlock, NULL);
}

START_TEST(a_deadlock)
{
    int status = die_of(be_deadlocked);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    expect("deadlock: all tasks wait for one another\n");
    expect("task 0  start_a_deadlock()  waiting 1.00 s for its tasks\n");
    expect_line(OWNER, "group_wait(&group)");
    expect("task 1  take_the_other(a)  waiting 0.00 s for a lock\n");
    expect_line(FIRST, "lock_take(&other)");
    expect("task 2  take_the_one(b)  waiting 0.00 s for a lock\n");
    expect_line(SECOND, "lock_take(&lock)");
    ck_assert_str_eq(stderr_text, expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dump");
    TCase *tests = tcase_create("dump");

    tcase_add_checked_fixture(tests, on_virtual_clock, NULL);
    tcase_add_test(tests, a_nest_of_awaits);
    tcase_add_test(tests, the_chain_of_the_running_task);
    tcase_add_test(tests, each_await_is_counted);
    tcase_add_test(tests, no_tasks);
    tcase_add_loop_test(tests, all_states, 0, KINDS);
    tcase_add_loop_test(tests, sigusr1_asks, 0, KINDS);
    tcase_add_loop_test(tests, sigquit_asks, 0, KINDS);
    tcase_add_loop_test(
        tests, sigquit_that_is_ignored_stays_ignored, 0, KINDS);
    tcase_add_test(tests, the_second_sigquit_kills_a_busy_program);
    tcase_add_loop_test(tests, sigusr1_never_kills, 0, KINDS);
    tcase_add_loop_test(
        tests, two_requests_are_answered_by_one_dump, 0, KINDS);
    tcase_add_test(tests, a_fault_that_was_sent_kills);
    tcase_add_test(tests, a_deadlock);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
