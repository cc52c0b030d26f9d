// test_interrupt.c - Ctrl-C, in child processes of the test, because a second
// Ctrl-C ends the process.

#include "clock.h"
#include "interrupt.h"
#include "suite.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600 * 1000 };

// In a child, a failed check ends the process with its line as the exit code.
#define check(condition) \
    do { \
        if (!(condition)) \
            _exit(__LINE__ % 100 + 1); \
    } while (0)

// Runs `story` in a child, for at most a minute. Returns the wait status.
static int status_of(void (*story)(void))
{
    int status = 0;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        alarm(60);
        story();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

#define ck_assert_exits(story, code) \
    do { \
        int status_ = status_of(story); \
        ck_assert(WIFEXITED(status_)); \
        ck_assert_int_eq(WEXITSTATUS(status_), code); \
    } while (0)

static bool is_readable(int fd)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };

    return poll(&ready, 1, 0) == 1 && ready.revents == POLLIN;
}

static void press_once(int number)
{
    check(interrupt_fd() == -1);
    check(interrupt_init() == 0);
    check(!interrupted());
    int fd = interrupt_fd();
    check(fd >= 0);
    check(!is_readable(fd));
    raise(number);
    check(interrupted());
    for (int i = 0; i < 3; i++) // stays readable
        check(is_readable(fd));
    check(interrupt_fd() == -1); // nothing to watch after a Ctrl-C
}

static void first(void)
{
    press_once(SIGINT);
}

static void first_term(void)
{
    press_once(SIGTERM);
}

START_TEST(the_first_one_is_counted)
{
    ck_assert_exits(first, 0);
    ck_assert_exits(first_term, 0);
}
END_TEST

static void second(void)
{
    press_once(SIGINT);
    raise(SIGINT);
}

static void second_is_term(void)
{
    press_once(SIGINT);
    raise(SIGTERM);
}

START_TEST(the_second_one_exits)
{
    ck_assert_exits(second, 130);
    ck_assert_exits(second_is_term, 143);
}
END_TEST

static void ignored(void)
{
    struct sigaction action;

    signal(SIGINT, SIG_IGN);
    check(interrupt_init() == 0);
    raise(SIGINT);
    check(!interrupted());
    raise(SIGTERM);
    check(interrupted());
    interrupt_free();
    sigaction(SIGINT, NULL, &action);
    check(action.sa_handler == SIG_IGN);
    sigaction(SIGTERM, NULL, &action);
    check(action.sa_handler == SIG_DFL);
}

// Each signal is checked on its own.
START_TEST(an_ignored_signal_stays_ignored)
{
    ck_assert_exits(ignored, 0);
}
END_TEST

static atomic_bool pressed;

// The kernel may give a Ctrl-C to any thread: here to one that does not sleep.
static void *press(void *unused)
{
    struct timespec soon = { .tv_nsec = 20000000 };

    nanosleep(&soon, NULL); // the sleepers probably sleep by now
    atomic_store(&pressed, true);
    raise(SIGINT);
    return unused;
}

static void *sleep_long(void *unused)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); // no EINTR ends the sleep
    interrupt_sleep(HOUR);
    check(atomic_load(&pressed) && interrupted());
    interrupt_sleep(HOUR); // returns at once after a Ctrl-C
    return unused;
}

static void sleepers(void)
{
    pthread_t threads[4];

    check(interrupt_init() == 0);
    for (int i = 0; i < 4; i++)
        check(
            pthread_create(&threads[i], NULL, i < 3 ? sleep_long : press, NULL)
            == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

START_TEST(it_ends_every_sleep)
{
    ck_assert_exits(sleepers, 0);
}
END_TEST

static void sleep_alone(void)
{
    pid_t parent = getpid();

    check(interrupt_init() == 0);
    pid_t pid = fork();
    if (pid == 0) {
        poll(NULL, 0, 20);
        kill(parent, SIGINT);
        _exit(0);
    }
    interrupt_sleep(HOUR);
    check(interrupted());
    waitpid(pid, NULL, 0);
}

START_TEST(it_ends_the_sleep_of_the_only_thread)
{
    ck_assert_exits(sleep_alone, 0);
}
END_TEST

static void sleep_undisturbed(void)
{
    double start = clock_now();

    interrupt_sleep(5); // works even before interrupt_init()
    check(clock_now() >= start + 0.005);
    check(interrupt_init() == 0);
    interrupt_sleep(5);
    check(clock_now() >= start + 0.010);
    interrupt_sleep(0);
    interrupt_sleep(-5);
    check(!interrupted());
}

START_TEST(a_sleep_is_not_too_short)
{
    ck_assert_exits(sleep_undisturbed, 0);
}
END_TEST

static void sleep_virtually(void)
{
    setenv("CLOCK", "virtual", 1);
    check(interrupt_init() == 0);
    double start = clock_now();
    interrupt_sleep(24 * HOUR);
    check(clock_now() > start + 86400 - 1e-6);
    check(clock_now() < start + 86400 + 1e-6);
    check(!interrupted());
    interrupt_sleep(0);
    check(clock_now() < start + 86400 + 1e-6);
}

START_TEST(on_the_virtual_clock_a_day_is_short)
{
    ck_assert_exits(sleep_virtually, 0);
}
END_TEST

static void give_it_back(void)
{
    check(interrupt_init() == 0);
    int fd = interrupt_fd();
    interrupt_free();
    check(interrupt_fd() == -1);
    check(fcntl(fd, F_GETFD) == -1);
    interrupt_free(); // twice is fine
    raise(SIGINT);
    _exit(99);
}

START_TEST(afterwards_the_signal_is_an_ordinary_one)
{
    int status = status_of(give_it_back);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
}
END_TEST

static void close_on_exec(void)
{
    check(interrupt_init() == 0);
    check(fcntl(interrupt_fd(), F_GETFD) & FD_CLOEXEC);
}

START_TEST(no_program_inherits_the_descriptor)
{
    ck_assert_exits(close_on_exec, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interrupt");
    TCase *tests = tcase_create("interrupt");

    tcase_add_test(tests, the_first_one_is_counted);
    tcase_add_test(tests, the_second_one_exits);
    tcase_add_test(tests, an_ignored_signal_stays_ignored);
    tcase_add_test(tests, it_ends_every_sleep);
    tcase_add_test(tests, it_ends_the_sleep_of_the_only_thread);
    tcase_add_test(tests, a_sleep_is_not_too_short);
    tcase_add_test(tests, on_the_virtual_clock_a_day_is_short);
    tcase_add_test(tests, afterwards_the_signal_is_an_ordinary_one);
    tcase_add_test(tests, no_program_inherits_the_descriptor);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
