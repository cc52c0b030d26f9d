// test_pool.c - kept connections: which one is taken, which are closed, and the
// line of tasks that wait; on the virtual clock.

#include "examples/pool.h"
#include "story.h"

#include <fcntl.h>
#include <sys/socket.h>

static struct pool pool;
static const struct address here = {
    .v4 = { .sin_family = AF_INET },
    .len = sizeof(struct sockaddr_in),
};
static const struct address there = {
    .v4 = { .sin_family = AF_INET },
    .len = sizeof(struct sockaddr_in),
};
static int servers[64]; // by descriptor: the other end of the connection

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

// Takes a connection. A new socket becomes an end of a pair.
static async_int take(const struct address *address, bool expected_kept)
{
    bool is_kept = !expected_kept;
    int pair[2];

    int fd = await(pool_take(&pool, address, &is_kept));
    if (fd < 0)
        return (async_int){ fd };
    ck_assert_int_eq(is_kept, expected_kept);
    ck_assert_int_lt(fd, 64);
    if (!is_kept) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        ck_assert_int_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
        ck_assert_int_eq(dup2(pair[0], fd), fd);
        close(pair[0]);
        if (servers[fd] != 0) // of a connection that has been closed
            close(servers[fd]);
        servers[fd] = pair[1];
    }
    return (async_int){ fd };
}

static async_int take_all(int *fds)
{
    for (int i = 0; i < POOL_MOST; i++)
        fds[i] = await(take(&here, false));
    return DONE;
}

static void give(int fd)
{
    pool_give(&pool, &here, fd, true);
}

// At the end of a test: nothing is in use, and nothing stays open.
static void check_end(void)
{
    ck_assert_int_eq(pool.num_used, 0);
    ck_assert_int_le(pool.num_idle, POOL_MOST);
    pool_close(&pool);
    ck_assert_int_eq(pool.num_idle, 0);
    ck_assert(pool.line.holder == NULL && pool.given.waiters.first == NULL);
    for (int fd = 0; fd < 64; fd++) {
        if (servers[fd] == 0)
            continue;
        close(servers[fd]);
        servers[fd] = 0;
        ck_assert(!is_open(fd));
    }
    pool = (struct pool){ 0 };
}

START_TASK_TEST(the_newest_is_taken)
{
    int one = await(take(&here, false));
    int two = await(take(&here, false));
    int three = await(take(&here, false));

    ck_assert(one != two && two != three && one != three);
    give(two);
    give(one);
    ck_assert_await(take(&here, true), one);
    ck_assert_await(take(&here, true), two);
    give(one);
    pool_give(&pool, &here, two, false);
    ck_assert(is_open(one) && !is_open(two));
    pool_give(&pool, &here, three, true);
    ck_assert_await(take(&here, true), three);
    give(three);
    check_end();
    return DONE;
}
END_TEST

// A server must never get a request that is meant for another one.
START_TASK_TEST(each_address_has_its_own)
{
    int one = await(take(&here, false));
    give(one);
    int two = await(take(&there, false));
    ck_assert_int_ne(one, two);
    ck_assert_await(take(&here, true), one);
    pool_give(&pool, &there, two, true);
    give(one);
    ck_assert_await(take(&there, true), two);
    pool_give(&pool, &there, two, true);
    check_end();
    return DONE;
}
END_TEST

// The server has sent bytes, or closed, while the connection was idle.
START_TASK_TEST(those_with_something_to_read_are_closed)
{
    int one = await(take(&here, false));
    int two = await(take(&here, false));
    int three = await(take(&here, false));

    give(one);
    give(two);
    give(three);
    ck_assert_int_eq(write(servers[three], "x", 1), 1);
    shutdown(servers[two], SHUT_WR);
    ck_assert_await(take(&here, true), one);
    ck_assert(!is_open(two) && !is_open(three));
    ck_assert_int_eq(pool.num_idle, 0);
    ck_assert_int_eq(write(servers[one], "HTTP/1.1 200 OK", 15), 15);
    give(one);
    int four = await(take(&here, false));
    ck_assert_int_eq(pool.num_used, 1);
    give(four);
    check_end();
    return DONE;
}
END_TEST

START_TASK_TEST(those_that_were_idle_too_long_are_closed)
{
    int one = await(take(&here, false));
    int two = await(take(&here, false));

    give(one);
    ck_assert_await(task_pause(POOL_IDLE - 0.5), 0);
    give(two);
    ck_assert_await(task_pause(1), 0);
    ck_assert_await(take(&here, true), two);
    ck_assert(!is_open(one));
    give(two); // begins again
    ck_assert_await(task_pause(POOL_IDLE - 0.1), 0);
    ck_assert_await(take(&here, true), two);
    give(two);
    ck_assert_await(task_pause(POOL_IDLE + 0.1), 0);
    int three = await(take(&there, false)); // to another address
    ck_assert_int_eq(pool.num_idle, 0);
    pool_give(&pool, &there, three, true);
    check_end();
    return DONE;
}
END_TEST

// An idle connection does not keep a task from another server.
START_TASK_TEST(the_one_idle_for_longest_makes_room)
{
    int fds[POOL_MOST];

    ck_assert_await(take_all(fds), 0);
    give(fds[3]);
    give(fds[7]);
    int other = await(take(&there, false));
    ck_assert_int_eq(fds[3], other); // the number is free again
    ck_assert_await(take(&here, true), fds[7]);
    ck_assert_int_eq(pool.num_used, POOL_MOST);
    pool_give(&pool, &there, other, false);
    for (int i = 0; i < POOL_MOST; i++) {
        if (i != 3)
            give(fds[i]);
    }
    check_end();
    return DONE;
}
END_TEST

// --- The line ----------------------------------------------------------------

static async_int stand_in_line(void *name)
{
    int fd = await(take(&here, true));
    tell("%s%s", (const char *)name, fd < 0 ? "!" : "");
    if (fd < 0)
        return (async_int){ fd };
    ck_assert_await(task_pause(1), 0);
    give(fd);
    return DONE;
}

// All are in use, and three tasks wait.
static async_int make_line(struct group *group, int *fds)
{
    ck_assert_await(take_all(fds), 0);
    spawn(group, stand_in_line, "a", "");
    spawn(group, stand_in_line, "b", "");
    spawn(group, stand_in_line, "c", "");
    return (async_int){ await(task_pause(1)) };
}

// Gives back all from `first` on, and ends the test.
static void give_from(const int *fds, int first)
{
    for (int i = first; i < POOL_MOST; i++)
        give(fds[i]);
    check_end();
}

// Gives a connection back and wants one again in the same moment: it joins the
// end of the line.
START_TASK_TEST(first_come_is_first_served)
{
    struct group group = { 0 };
    int fds[POOL_MOST];

    ck_assert_await(make_line(&group, fds), 0);
    ck_assert_story("");
    give(fds[0]);
    ck_assert_await(take(&here, true), fds[0]);
    tell("again");
    ck_assert_now(4);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a b c again ");
    give_from(fds, 0);
    return DONE;
}
END_TEST

// Two that are given back in the same moment wake two tasks.
START_TASK_TEST(all_that_are_given_are_taken)
{
    struct group group = { 0 };
    int fds[POOL_MOST];

    ck_assert_await(make_line(&group, fds), 0);
    give(fds[0]);
    give(fds[1]);
    ck_assert_await(task_pause(0.5), 0);
    ck_assert_story("a b ");
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a b c ");
    ck_assert_now(3);
    give_from(fds, 2);
    return DONE;
}
END_TEST

// The first in line, and one behind it, are cancelled: the others move up.
START_TASK_TEST(a_cancelled_task_leaves_the_line)
{
    struct group cancelled = { 0 };
    struct group group = { 0 };
    int fds[POOL_MOST];

    ck_assert_await(take_all(fds), 0);
    spawn(&cancelled, stand_in_line, "a", "");
    spawn(&group, stand_in_line, "b", "");
    spawn(&cancelled, stand_in_line, "c", "");
    spawn(&group, stand_in_line, "d", "");
    ck_assert_await(task_pause(1), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_int_eq(pool.num_used, POOL_MOST);
    give(fds[0]);
    give(fds[1]);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a! c! b d ");
    ck_assert_now(2);
    give_from(fds, 2);
    return DONE;
}
END_TEST

// A connection that has been closed in the meantime makes room as well.
START_TASK_TEST(closed_ones_make_room)
{
    struct group group = { 0 };
    int fds[POOL_MOST];

    ck_assert_await(take_all(fds), 0);
    give(fds[0]);
    ck_assert_await(take(&here, true), fds[0]);
    spawn(&group, stand_in_line, "a", "");
    ck_assert_await(task_yield(), 0);
    task_close(fds[1]);
    give(fds[2]);
    pool_give(&pool, &here, -1, false);
    ck_assert_int_eq(pool.num_used, POOL_MOST - 2);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("a ");
    for (int i = 0; i < POOL_MOST; i++) {
        if (i != 1 && i != 2)
            give(fds[i]);
    }
    check_end();
    return DONE;
}
END_TEST

static Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");

    tcase_add_checked_fixture(tcase, on_virtual_clock, NULL);
    tcase_add_loop_test(tcase, the_newest_is_taken, 0, KINDS);
    tcase_add_loop_test(tcase, each_address_has_its_own, 0, KINDS);
    tcase_add_loop_test(
        tcase, those_with_something_to_read_are_closed, 0, KINDS);
    tcase_add_loop_test(
        tcase, those_that_were_idle_too_long_are_closed, 0, KINDS);
    tcase_add_loop_test(tcase, the_one_idle_for_longest_makes_room, 0, KINDS);
    tcase_add_loop_test(tcase, first_come_is_first_served, 0, KINDS);
    tcase_add_loop_test(tcase, all_that_are_given_are_taken, 0, KINDS);
    tcase_add_loop_test(tcase, a_cancelled_task_leaves_the_line, 0, KINDS);
    tcase_add_loop_test(tcase, closed_ones_make_room, 0, KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(pool_suite());
}
