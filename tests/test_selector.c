// test_selector.c - both backends through the same tests: what is ready, what
// is not, and what an earlier event of a round may do to a later one.

#include "clock.h"
#include "selector.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const kinds[] = {
    "poll",
#ifdef __linux__
    "epoll",
#endif
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static struct selector *selector;
static int a[2]; // two connected pairs; what is written to [1] comes out of [0]
static int b[2];

static void set_up(const char *kind)
{
    selector = selector_new(kind, 256);
    ck_assert_ptr_nonnull(selector);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
}

static void tear_down(void)
{
    selector_free(selector);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static int next_fd(void)
{
    struct selector_event event;

    return selector_next(selector, &event) ? event.fd : -1;
}

START_TEST(reports_what_is_ready)
{
    struct selector_event event;
    int data;

    set_up(kinds[_i]);
    ck_assert_int_eq(selector_set(selector, a[0], SELECT_READ, &data), 0);
    ck_assert_int_eq(selector_set(selector, b[0], SELECT_READ, NULL), 0);
    ck_assert_int_eq(selector_wait(selector, clock_now()), 0);
    ck_assert_int_eq(next_fd(), -1);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    for (int round = 0; round < 2; round++) { // level-triggered: again
        ck_assert_int_eq(selector_wait(selector, CLOCK_NEVER), 0);
        ck_assert(selector_next(selector, &event));
        ck_assert_int_eq(event.fd, a[0]);
        ck_assert_int_eq(event.ready, SELECT_READ);
        ck_assert_ptr_eq(event.data, &data);
        ck_assert(!selector_next(selector, &event));
    }
    tear_down();
}
END_TEST

START_TEST(interest_changes)
{
    struct selector_event event;

    set_up(kinds[_i]);
    selector_set(selector, a[0], SELECT_WRITE, NULL);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_int_eq(event.ready, SELECT_WRITE);
    selector_set(selector, a[0], SELECT_READ, NULL);
    selector_wait(selector, clock_now());
    ck_assert_int_eq(next_fd(), -1);
    selector_set(selector, a[0], SELECT_READ | SELECT_WRITE, NULL);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_int_eq(event.ready, SELECT_READ | SELECT_WRITE);
    selector_set(selector, a[0], 0, NULL);
    selector_wait(selector, clock_now());
    ck_assert_int_eq(next_fd(), -1);
    tear_down();
}
END_TEST

START_TEST(a_hang_up_is_news)
{
    struct selector_event event;

    set_up(kinds[_i]);
    selector_set(selector, a[0], SELECT_READ, NULL);
    close(a[1]);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert(event.ready & SELECT_READ);
    a[1] = dup(b[1]);
    tear_down();
}
END_TEST

// Whoever handles the first event stops the other one, in three ways. Whichever
// comes first, the other must not arrive.
START_TEST(an_earlier_event_removes_a_later_one)
{
    for (int how = 0; how < 3; how++) {
        set_up(kinds[_i]);
        selector_set(selector, a[0], SELECT_READ, NULL);
        selector_set(selector, b[0], SELECT_READ, NULL);
        ck_assert_int_eq((int)write(a[1], "x", 1), 1);
        ck_assert_int_eq((int)write(b[1], "x", 1), 1);
        selector_wait(selector, CLOCK_NEVER);
        int first = next_fd();
        int *other = first == a[0] ? b : a;
        if (how == 0) {
            selector_set(selector, other[0], 0, NULL);
        } else if (how == 1) {
            selector_set(selector, other[0], SELECT_WRITE, NULL);
        } else {
            // Closed, and the number used again, within the round.
            int number = other[0];
            selector_forget(selector, number);
            close(number);
            int fresh[2];
            ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fresh), 0);
            ck_assert_int_eq(dup2(fresh[0], number), number);
            close(fresh[0]);
            close(other[1]);
            other[1] = fresh[1];
            selector_set(selector, number, SELECT_READ, NULL);
        }
        ck_assert_int_eq(next_fd(), -1);
        tear_down();
    }
}
END_TEST

START_TEST(removing_oneself_loses_nobody)
{
    set_up(kinds[_i]);
    int c[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, c), 0);
    int fds[] = { a[0], b[0], c[0] };
    for (int i = 0; i < 3; i++)
        selector_set(selector, fds[i], SELECT_READ, NULL);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    ck_assert_int_eq((int)write(b[1], "x", 1), 1);
    ck_assert_int_eq((int)write(c[1], "x", 1), 1);
    int served = 0;
    for (int round = 0; round < 3; round++) {
        int fd;
        selector_wait(selector, clock_now());
        while ((fd = next_fd()) != -1) {
            selector_forget(selector, fd);
            served++;
        }
    }
    ck_assert_int_eq(served, 3);
    close(c[0]);
    close(c[1]);
    tear_down();
}
END_TEST

enum { CROWD = 12 };

static int crowd[CROWD][2];
static int interests[CROWD]; // what is set now, 0: nothing

// Every third pair has nothing to read.
static void open_pair(int i)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, crowd[i]), 0);
    if (i % 3 != 0)
        ck_assert_int_eq((int)write(crowd[i][1], "x", 1), 1);
}

static void close_pair(int i)
{
    selector_forget(selector, crowd[i][0]);
    close(crowd[i][0]);
    close(crowd[i][1]);
}

// Somebody wants something else, or goes, and is somebody else with the same
// number perhaps.
static void change_anybody(void)
{
    int i = rand() % CROWD;

    if (rand() % 2) {
        close_pair(i);
        open_pair(i);
    }
    interests[i] = rand() % 4;
    ck_assert_int_eq(
        selector_set(selector, crowd[i][0], interests[i], &interests[i]), 0);
}

// Whatever the first events of a round change: who is reported wants it still,
// and none is reported twice. If they change nothing, none is missing.
START_TEST(each_once_a_round)
{
    struct selector_event event;
    int reported = 0;

    srand(9);
    set_up(kinds[_i]);
    for (int i = 0; i < CROWD; i++)
        open_pair(i);
    for (int round = 0; round < 500; round++) {
        bool seen[CROWD] = { false };
        for (int i = 0; i < 3; i++)
            change_anybody();
        ck_assert_int_eq(selector_wait(selector, clock_now()), 0);
        while (selector_next(selector, &event)) {
            int *interest = event.data;
            int i = (int)(interest - interests);
            ck_assert_int_eq(event.fd, crowd[i][0]);
            ck_assert(!seen[i]);
            seen[i] = true;
            reported++;
            ck_assert_int_ne(event.ready & *interest, 0);
            ck_assert(i % 3 != 0 || event.ready == SELECT_WRITE);
            if (round % 2 == 0)
                change_anybody();
        }
        for (int i = 0; i < CROWD && round % 2 != 0; i++) {
            int ready = i % 3 != 0 ? SELECT_READ | SELECT_WRITE : SELECT_WRITE;
            ck_assert_int_eq(seen[i], (interests[i] & ready) != 0);
        }
    }
    ck_assert_int_gt(reported, 500);
    for (int i = 0; i < CROWD; i++)
        close_pair(i);
    tear_down();
}
END_TEST

START_TEST(refuses_what_it_cannot_watch)
{
    set_up(kinds[_i]);
    ck_assert_int_eq(selector_set(selector, 256, SELECT_READ, NULL), -EMFILE);
    ck_assert_int_eq(selector_set(selector, -1, SELECT_READ, NULL), -EMFILE);
    int file = open("/etc/passwd", O_RDONLY);
    if (strcmp(kinds[_i], "epoll") == 0)
        ck_assert_int_eq(
            selector_set(selector, file, SELECT_READ, NULL), -EPERM);
    close(file);
    tear_down();
    ck_assert_ptr_null(selector_new("carrier pigeon", 256));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void on_alarm(int number)
{
    (void)number;
}

START_TEST(a_signal_ends_the_wait)
{
    struct sigaction action = { .sa_handler = on_alarm };

    set_up(kinds[_i]);
    sigaction(SIGALRM, &action, NULL);
    selector_set(selector, a[0], SELECT_READ, NULL);
    alarm(1);
    ck_assert_int_eq(selector_wait(selector, CLOCK_NEVER), 0);
    ck_assert_int_eq(next_fd(), -1);
    tear_down();
}
END_TEST

START_TEST(waits_until_the_deadline)
{
    set_up(kinds[_i]);
    double start = clock_now();
    selector_wait(selector, start + 0.02);
    ck_assert(clock_now() >= start + 0.02);
    tear_down();
}
END_TEST

// Of two that watch one descriptor the first would wait for ever.
START_TEST(two_for_one_abort)
{
    int one;
    int other;

    set_up(kinds[0]);
    for (int round = 0; round < 2; round++) { // what is allowed
        selector_set(selector, a[0], SELECT_READ, &one);
        selector_set(selector, a[0], SELECT_WRITE, &one);
        selector_set(selector, a[0], SELECT_WRITE, NULL);
        selector_set(selector, a[0], SELECT_READ, &other);
        selector_forget(selector, a[0]);
    }
    ck_assert_int_eq(selector_set(selector, a[0], SELECT_READ, &one), 0);
    selector_set(selector, a[0], SELECT_READ, &other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("selector");
    TCase *tests = tcase_create("selector");

    tcase_add_loop_test(tests, reports_what_is_ready, 0, KINDS);
    tcase_add_loop_test(tests, interest_changes, 0, KINDS);
    tcase_add_loop_test(tests, a_hang_up_is_news, 0, KINDS);
    tcase_add_loop_test(tests, an_earlier_event_removes_a_later_one, 0, KINDS);
    tcase_add_loop_test(tests, removing_oneself_loses_nobody, 0, KINDS);
    tcase_add_loop_test(tests, each_once_a_round, 0, KINDS);
    tcase_add_loop_test(tests, refuses_what_it_cannot_watch, 0, KINDS);
    tcase_add_loop_test(tests, a_signal_ends_the_wait, 0, KINDS);
    tcase_add_loop_test(tests, waits_until_the_deadline, 0, KINDS);
    tcase_add_test_raise_signal(tests, two_for_one_abort, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
