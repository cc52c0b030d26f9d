// test_selector.c - both backends in the same tests: ready descriptors, changes
// of interest, owners, and events that remove a later event of the round.

#include "clock.h"
#include "engine.h"
#include "sanitizers.h"
#include "selector.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct selector *selector;
static int a[2]; // connected pairs: a byte written to [1] can be read from [0]
static int b[2];
static int anybody; // an owner, where any will do

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

START_TEST(reports_ready_descriptors)
{
    struct selector_event event;
    int data;

    set_up(kinds[_i]);
    ck_assert_int_eq(selector_set(selector, a[0], SELECT_READ, &data), 0);
    ck_assert_int_eq(selector_set(selector, b[0], SELECT_READ, &anybody), 0);
    ck_assert_int_eq(selector_wait(selector, clock_now()), 0);
    ck_assert_int_eq(next_fd(), -1);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    for (int round = 0; round < 2; round++) { // level-triggered: twice
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
    selector_set(selector, a[0], SELECT_WRITE, &anybody);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_int_eq(event.ready, SELECT_WRITE);
    selector_set(selector, a[0], SELECT_READ, &anybody);
    selector_wait(selector, clock_now());
    ck_assert_int_eq(next_fd(), -1);
    selector_set(selector, a[0], SELECT_READ | SELECT_WRITE, &anybody);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_int_eq(event.ready, SELECT_READ | SELECT_WRITE);
    selector_set(selector, a[0], 0, &anybody);
    selector_wait(selector, clock_now());
    ck_assert_int_eq(next_fd(), -1);
    tear_down();
}
END_TEST

START_TEST(a_hang_up_is_reported)
{
    struct selector_event event;

    set_up(kinds[_i]);
    selector_set(selector, a[0], SELECT_READ, &anybody);
    close(a[1]);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert(event.ready & SELECT_READ);
    a[1] = dup(b[1]);
    tear_down();
}
END_TEST

// The first event stops the other one in three ways, and the other event must
// not arrive. Either of the two can be the first.
START_TEST(an_earlier_event_removes_a_later_one)
{
    for (int how = 0; how < 3; how++) {
        set_up(kinds[_i]);
        selector_set(selector, a[0], SELECT_READ, &anybody);
        selector_set(selector, b[0], SELECT_READ, &anybody);
        ck_assert_int_eq((int)write(a[1], "x", 1), 1);
        ck_assert_int_eq((int)write(b[1], "x", 1), 1);
        selector_wait(selector, CLOCK_NEVER);
        int first = next_fd();
        int *other = first == a[0] ? b : a;
        if (how == 0) {
            selector_set(selector, other[0], 0, &anybody);
        } else if (how == 1) {
            selector_set(selector, other[0], SELECT_WRITE, &anybody);
        } else {
            // Close the descriptor and use its number again, within the round.
            int number = other[0];
            selector_forget(selector, number, &anybody);
            close(number);
            int fresh[2];
            ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fresh), 0);
            ck_assert_int_eq(fresh[0], number); // the lowest free number
            close(other[1]);
            other[1] = fresh[1];
            selector_set(selector, number, SELECT_READ, &anybody);
        }
        ck_assert_int_eq(next_fd(), -1);
        tear_down();
    }
}
END_TEST

START_TEST(removing_the_reported_one_loses_no_event)
{
    set_up(kinds[_i]);
    int c[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, c), 0);
    int fds[] = { a[0], b[0], c[0] };
    for (int i = 0; i < 3; i++)
        selector_set(selector, fds[i], SELECT_READ, &anybody);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    ck_assert_int_eq((int)write(b[1], "x", 1), 1);
    ck_assert_int_eq((int)write(c[1], "x", 1), 1);
    int served = 0;
    for (int round = 0; round < 3; round++) {
        int fd;
        selector_wait(selector, clock_now());
        while ((fd = next_fd()) != -1) {
            selector_forget(selector, fd, &anybody);
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
static int interests[CROWD]; // the address of an interest is the owner

// Opens a pair. Every third pair has nothing to read.
static void open_pair(int i)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, crowd[i]), 0);
    if (i % 3 != 0)
        ck_assert_int_eq((int)write(crowd[i][1], "x", 1), 1);
}

static void close_pair(int i)
{
    selector_forget(selector, crowd[i][0], &interests[i]);
    close(crowd[i][0]);
    close(crowd[i][1]);
}

// Changes a random interest, and may replace the pair by a new one, perhaps
// with the same numbers.
static void change_one(void)
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

// Events change the interests within their round: is an event reported without
// an interest, or twice? In rounds without changes, is one missing?
START_TEST(each_descriptor_once_a_round)
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
            change_one();
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
                change_one();
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

START_TEST(refuses_unwatchable_descriptors)
{
    set_up(kinds[_i]);
    ck_assert_int_eq(
        selector_set(selector, 256, SELECT_READ, &anybody), -EMFILE);
    ck_assert_int_eq(
        selector_set(selector, -1, SELECT_READ, &anybody), -EMFILE);
    int file = open("/etc/passwd", O_RDONLY);
    if (strcmp(kinds[_i], "epoll") == 0)
        ck_assert_int_eq(
            selector_set(selector, file, SELECT_READ, &anybody), -EPERM);
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
    selector_set(selector, a[0], SELECT_READ, &anybody);
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

// Can two owners share a descriptor, one to read and one to write?
START_TEST(two_owners_of_one_descriptor)
{
    struct selector_event event;
    int reader;
    int writer;

    set_up(kinds[_i]);
    ck_assert_int_eq(selector_set(selector, a[0], SELECT_READ, &reader), 0);
    ck_assert_int_eq(selector_set(selector, a[0], SELECT_WRITE, &writer), 0);
    ck_assert_ptr_eq(selector_other(selector, a[0], &writer), &reader);
    ck_assert_ptr_eq(selector_other(selector, a[0], &reader), &writer);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_ptr_eq(event.data, &writer);
    ck_assert_int_eq(event.ready, SELECT_WRITE);
    ck_assert(!selector_next(selector, &event));
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event)); // an event for each owner
    ck_assert_ptr_eq(event.data, &reader);
    ck_assert_int_eq(event.ready, SELECT_READ);
    ck_assert(selector_next(selector, &event));
    ck_assert_ptr_eq(event.data, &writer);
    ck_assert(!selector_next(selector, &event));
    // The writer leaves, which does not change the reader's events.
    selector_set(selector, a[0], 0, &writer);
    ck_assert_ptr_null(selector_other(selector, a[0], &reader));
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_ptr_eq(event.data, &reader);
    ck_assert(!selector_next(selector, &event));
    tear_down();
}
END_TEST

static void forget_both(void *reader, void *writer)
{
    selector_leave(selector, a[0], reader);
    selector_forget(selector, a[0], writer);
}

START_TEST(one_owner_stops_the_other)
{
    struct selector_event event;
    int reader;
    int writer;

    for (int how = 0; how < 3; how++) {
        set_up(kinds[_i]);
        selector_set(selector, a[0], SELECT_READ, &reader);
        selector_set(selector, a[0], SELECT_WRITE, &writer);
        ck_assert_int_eq((int)write(a[1], "x", 1), 1);
        selector_wait(selector, CLOCK_NEVER);
        ck_assert(selector_next(selector, &event));
        ck_assert_ptr_eq(event.data, &reader);
        if (how == 0)
            selector_set(selector, a[0], 0, &writer);
        else if (how == 1)
            forget_both(&reader, &writer);
        else
            selector_leave(selector, a[0], &writer);
        bool more = selector_next(selector, &event);
        ck_assert_int_eq(more, how == 2); // without data, see selector_leave()
        ck_assert(!more || event.data == NULL);
        tear_down();
    }
}
END_TEST

START_TEST(an_owner_that_has_left_may_come_back)
{
    struct selector_event event;
    int data;

    set_up(kinds[_i]);
    selector_set(selector, a[0], SELECT_READ, &data);
    selector_leave(selector, a[0], &data);
    ck_assert_ptr_null(selector_other(selector, a[0], NULL));
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_ptr_null(event.data);
    selector_set(selector, a[0], SELECT_READ, &data);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert(selector_next(selector, &event));
    ck_assert_ptr_eq(event.data, &data);
    selector_leave(selector, a[0], &data);
    selector_set(selector, a[0], 0, NULL); // unregistered in the kernel
    selector_wait(selector, clock_now());
    ck_assert(!selector_next(selector, &event));
    tear_down();
}
END_TEST

// What if one descriptor gets two owners in one direction? The first would
// never be woken.
START_TEST(two_in_one_direction_abort)
{
    int one;
    int other;

    set_up(kinds[0]);
    for (int round = 0; round < 2; round++) { // allowed changes of owner
        selector_set(selector, a[0], SELECT_READ, &one);
        selector_set(selector, a[0], SELECT_WRITE, &one);
        selector_leave(selector, a[0], &one);
        selector_set(selector, a[0], SELECT_READ, &other);
        selector_forget(selector, a[0], &other);
    }
    ck_assert_int_eq(selector_set(selector, a[0], SELECT_READ, &one), 0);
    selector_set(selector, a[0], SELECT_READ, &other);
}
END_TEST

START_TEST(forgetting_the_descriptor_of_another_owner_aborts)
{
    int one;
    int other;

    set_up(kinds[0]);
    selector_set(selector, a[0], SELECT_READ, &one);
    selector_set(selector, a[0], SELECT_WRITE, &other);
    selector_forget(selector, a[0], &one);
}
END_TEST

#ifdef __linux__
// What if a descriptor is closed without selector_forget()? The kernel has
// dropped it, and the next selector_set() registers the number again.
START_TEST(closed_without_being_forgotten)
{
    set_up("epoll");
    selector_set(selector, a[0], SELECT_READ, &anybody);
    close(a[0]);
    ck_assert_int_eq(dup2(b[0], a[0]), a[0]);
    selector_set(selector, a[0], SELECT_READ | SELECT_WRITE, &anybody);
    selector_wait(selector, CLOCK_NEVER);
    ck_assert_int_eq(next_fd(), a[0]);
    tear_down();
}
END_TEST
#endif

// Does the selector spin if a copy of a closed descriptor keeps the open file
// in the kernel's set?
START_TEST(a_descriptor_that_lives_on_elsewhere_does_not_spin)
{
    struct selector_event event;
    int rounds = 0;

    set_up(kinds[_i]);
    selector_set(selector, a[0], SELECT_READ, &anybody);
    selector_set(selector, b[0], SELECT_READ, &anybody);
    int other = dup(a[0]);
    selector_forget(selector, a[0], &anybody);
    close(a[0]);
    ck_assert_int_eq((int)write(a[1], "x", 1), 1);
    for (double end = clock_now() + 0.1; clock_now() < end; rounds++) {
        selector_wait(selector, end);
        ck_assert(!selector_next(selector, &event));
    }
    ck_assert_int_le(rounds, 4);
    ck_assert_int_eq((int)write(b[1], "x", 1), 1); // b is still watched
    selector_wait(selector, CLOCK_NEVER);
    ck_assert_int_eq(next_fd(), b[0]);
    ck_assert_int_eq(next_fd(), -1);
    a[0] = other;
    tear_down();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("selector");
    TCase *tests = tcase_create("selector");

    tcase_add_loop_test(tests, reports_ready_descriptors, 0, KINDS);
    tcase_add_loop_test(tests, interest_changes, 0, KINDS);
    tcase_add_loop_test(tests, a_hang_up_is_reported, 0, KINDS);
    tcase_add_loop_test(tests, an_earlier_event_removes_a_later_one, 0, KINDS);
    tcase_add_loop_test(
        tests, removing_the_reported_one_loses_no_event, 0, KINDS);
    tcase_add_loop_test(tests, each_descriptor_once_a_round, 0, KINDS);
    tcase_add_loop_test(tests, refuses_unwatchable_descriptors, 0, KINDS);
    tcase_add_loop_test(tests, a_signal_ends_the_wait, 0, KINDS);
    tcase_add_loop_test(tests, waits_until_the_deadline, 0, KINDS);
    tcase_add_loop_test(tests, two_owners_of_one_descriptor, 0, KINDS);
    tcase_add_loop_test(tests, one_owner_stops_the_other, 0, KINDS);
    tcase_add_loop_test(tests, an_owner_that_has_left_may_come_back, 0, KINDS);
    tcase_add_test_raise_signal(tests, two_in_one_direction_abort, SIGABRT);
    tcase_add_test_raise_signal(
        tests, forgetting_the_descriptor_of_another_owner_aborts, SIGABRT);
    tcase_add_loop_test(
        tests, a_descriptor_that_lives_on_elsewhere_does_not_spin, 0, KINDS);
#if defined(ASAN) && defined(__linux__)
    tcase_add_test_raise_signal(
        tests, closed_without_being_forgotten, SIGABRT);
#elif defined(__linux__)
    tcase_add_test(tests, closed_without_being_forgotten);
#endif
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
