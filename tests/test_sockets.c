// test_sockets.c - a server's calls: accepting, sending all, an end at Ctrl-C.
// On the real clock, as descriptors are watched all the time.

#include "interrupt.h"
#include "sockets.h"
#include "story.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>

static int port;
static int listener;

static void open_listener(void)
{
    port = 0;
    listener = net_listen("127.0.0.1", &port);
    ck_assert_int_ge(listener, 0);
}

// A client on a blocking socket: the kernel connects before the server accepts.
static int new_client(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    at.sin_port = htons((unsigned short)port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static async_int connect_later(void *fd)
{
    ck_assert_await(task_pause(0.02), 0);
    tell("connects");
    *(int *)fd = new_client();
    return DONE;
}

START_TASK_TEST(clients_are_accepted_one_by_one)
{
    struct group group = { 0 };
    int client;

    open_listener();
    spawn(&group, connect_later, &client, "");
    int fd = await(accept_one(listener));
    tell("accepted");
    ck_assert_story("connects accepted ");
    ck_assert_int_ge(fd, 0);
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    ck_assert_int_eq((int)send(client, "x", 1, 0), 1);
    ck_assert_await(readable(fd, clock_now() + HOUR), 0);
    ck_assert_int_eq(await_within(0.01, accept_one(listener)), -ETIMEDOUT);
    ck_assert_await(group_wait(&group), 0);
    task_close(fd);
    close(client);
    task_close(listener);
    int error = await(accept_one(-1)); // for instance, of net_listen()
    ck_assert_int_lt(error, 0);
    return DONE;
}
END_TEST

static async_int count_turns(void *turns)
{
    while (await(task_yield()) == 0)
        ++*(int *)turns;
    return DONE;
}

START_TASK_TEST(a_crowd_of_clients_leaves_other_tasks_their_turns)
{
    struct group group = { 0 };
    int clients[20];
    int turns = 0;

    open_listener();
    for (int i = 0; i < 20; i++)
        clients[i] = new_client();
    spawn(&group, count_turns, &turns, "");
    for (int i = 0; i < 20; i++) {
        int fd = await(accept_one(listener));
        ck_assert_int_ge(fd, 0);
        task_close(fd);
        close(clients[i]);
    }
    ck_assert_int_ge(turns, 5);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    task_close(listener);
    return DONE;
}
END_TEST

static async_int free_one(void *fd)
{
    ck_assert_await(task_pause(0.3), 0);
    tell("free");
    close(*(int *)fd);
    return DONE;
}

START_TASK_TEST(without_descriptors_it_waits_and_does_not_spin)
{
    struct group group = { 0 };
    struct rlimit limit;
    struct rlimit full;
    long before;
    long after;
    long in_vain;

    open_listener();
    int client = new_client();
    int last = dup(client);
    getrlimit(RLIMIT_NOFILE, &limit);
    full = (struct rlimit){ (rlim_t)last + 1, limit.rlim_max };
    setrlimit(RLIMIT_NOFILE, &full);
    spawn(&group, free_one, &last, "");
    net_count(&before, &in_vain);
    int fd = await(accept_one(listener));
    tell("accepted");
    net_count(&after, &in_vain);
    setrlimit(RLIMIT_NOFILE, &limit);
    ck_assert_int_eq(fd, last);
    ck_assert_story("free accepted ");
    ck_assert_int_le((int)(after - before), 6);
    ck_assert_await(group_wait(&group), 0);
    task_close(fd);
    close(client);
    task_close(listener);
    return DONE;
}
END_TEST

// --- Sending -----------------------------------------------------------------

enum { LONG = 1 << 20 };

static char text[LONG];
static int ends[2];

static void open_pair(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    for (size_t i = 0; i < LONG; i++)
        text[i] = (char)(i * 7 + i / 256);
}

static async_int read_slowly(void *unused)
{
    static char read[LONG];
    size_t len = 0;

    (void)unused;
    while (len < LONG) {
        ck_assert_await(task_yield(), 0);
        size_t room = LONG - len < 5000 ? LONG - len : 5000;
        int n = await(receive(ends[1], read + len, room, CLOCK_NEVER));
        ck_assert_int_gt(n, 0);
        len += (size_t)n;
    }
    ck_assert_int_eq(memcmp(read, text, LONG), 0);
    return DONE;
}

START_TASK_TEST(all_is_sent_to_a_slow_reader)
{
    struct group group = { 0 };

    open_pair();
    spawn(&group, read_slowly, NULL, "");
    ck_assert_await(send_all(ends[0], text, 0, CLOCK_NEVER), 0);
    ck_assert_await(send_all(ends[0], text, LONG, clock_now() + HOUR), 0);
    ck_assert_await(group_wait(&group), 0);
    // Nobody reads any more.
    double deadline = clock_now() + 0.02;
    ck_assert_await(send_all(ends[0], text, LONG, deadline), -ETIMEDOUT);
    task_close(ends[1]);
    ck_assert_await(send_all(ends[0], text, 1, CLOCK_NEVER), -EPIPE);
    task_close(ends[0]);
    return DONE;
}
END_TEST

// --- The end of a server -----------------------------------------------------

static async_int press(void *unused)
{
    (void)unused;
    ck_assert_await(task_pause(0.02), 0);
    raise(SIGINT);
    return DONE;
}

static async_int echo(void *arg)
{
    int fd = *(int *)arg;
    char line[16];
    int n;

    while ((n = await(receive(fd, line, sizeof(line), CLOCK_NEVER))) > 0
        && (n = await(send_all(fd, line, (size_t)n, CLOCK_NEVER))) == 0)
        ;
    tell("%s", outcome(n));
    task_close(fd);
    return (async_int){ n };
}

static async_int serve(void *unused)
{
    struct group presses = { 0 };
    struct group clients = { .independent = true };
    int fds[4];
    int peers[3];
    int n = 0;

    (void)unused;
    open_listener();
    for (int i = 0; i < 3; i++)
        peers[i] = new_client();
    close(peers[1]); // one client has gone
    while ((fds[n] = await(accept_one(listener))) >= 0) {
        spawn(&clients, echo, &fds[n], "");
        if (++n == 3)
            spawn(&presses, press, NULL, "");
    }
    ck_assert_int_eq(n, 3);
    ck_assert_int_eq(fds[3], -EINTR);
    ck_assert_await(accept_one(listener), -EINTR);
    task_close(listener);
    ck_assert_int_eq(await_within(0.05, group_wait(&clients)), -ETIMEDOUT);
    ck_assert_await(group_wait(&presses), 0);
    ck_assert_story("0 cancelled cancelled ");
    close(peers[0]);
    close(peers[2]);
    return DONE;
}

START_TEST(ctrl_c_ends_a_server)
{
    ck_assert_int_eq(interrupt_init(), 0);
    run_on(kinds[_i], serve);
    interrupt_free();
}
END_TEST

static async_int wait_in_a_scope(void *unused)
{
    struct group presses = { 0 };

    (void)unused;
    open_listener();
    ck_assert_int_eq(await_within(0.01, accept_one(listener)), -ETIMEDOUT);
    ck_assert_await(cancel_after(0.01, count_turns, &(int){ 0 }), 0);
    spawn(&presses, press, NULL, "");
    ck_assert_int_eq(await_within(HOUR, accept_one(listener)), -EINTR);
    ck_assert_await(readable_or_ctrl_c(listener), -EINTR);
    ck_assert_await(group_wait(&presses), 0);
    task_close(listener);
    return DONE;
}

START_TEST(ctrl_c_and_deadlines)
{
    ck_assert_int_eq(interrupt_init(), 0);
    run_on(kinds[_i], wait_in_a_scope);
    interrupt_free();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sockets");
    TCase *tests = tcase_create("sockets");

    tcase_add_checked_fixture(tests, NULL, net_forget);
    tcase_add_loop_test(tests, clients_are_accepted_one_by_one, 0, KINDS);
    tcase_add_loop_test(
        tests, a_crowd_of_clients_leaves_other_tasks_their_turns, 0, KINDS);
    tcase_add_loop_test(
        tests, without_descriptors_it_waits_and_does_not_spin, 0, KINDS);
    tcase_add_loop_test(tests, all_is_sent_to_a_slow_reader, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_ends_a_server, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_and_deadlines, 0, KINDS);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
