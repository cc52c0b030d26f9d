// test_runner.c - programs that end in every way, and a farm. The tests wait
// for the end of a program and never sleep.

#include "capture.h"
#include "net.h"
#include "runner.h"
#include "settings.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct farm farm;
static int open_before;

static int open_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static void set_up(void)
{
    open_before = open_descriptors();
}

// No test may leave a descriptor open, or a child.
static void tear_down(void)
{
    farm_stop(&farm);
    net_forget();
    ck_assert_int_eq(open_descriptors(), open_before);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

static void start(void)
{
    int error = farm_start(&farm, settings_build_folder(), "0");

    ck_assert_msg(
        error == 0, "no farm in %s: make it first", settings_build_folder());
}

static int run_shell(
    const char *script, int flags, double limit, struct cost *cost)
{
    char copy[256];
    char *argv[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, copy, NULL };

    snprintf(copy, sizeof(copy), "%s", script);
    return runner_run(argv, flags, limit, cost);
}

START_TEST(exit_codes)
{
    static const struct {
        const char *script;
        int code;
    } scripts[] = {
        { "exit 0", 0 },
        { "exit 1", 1 },
        { "exit 7", 7 },
        { "exit 255", 255 },
        { "kill -KILL $$", 128 + SIGKILL },
        { "kill -TERM $$", 128 + SIGTERM },
        { "kill -INT $$", 128 + SIGINT },
    };
    struct cost cost;

    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
        ck_assert_int_eq(run_shell(scripts[i].script, 0, 0, &cost), 0);
        ck_assert_int_eq(cost.code, scripts[i].code);
        ck_assert(!cost.timed_out);
        ck_assert_double_gt(cost.wall, 0);
        ck_assert_double_ge(cost.cpu_user, 0);
        ck_assert_double_ge(cost.cpu_sys, 0);
    }
}
END_TEST

// The parent may have ignored or blocked signals that the runner needs.
START_TEST(inherited_signals)
{
    struct cost cost;
    sigset_t all;
    sigset_t mask;

    signal(SIGCHLD, SIG_IGN);
    ck_assert_int_eq(run_shell("exit 3", 0, 0, &cost), 0);
    ck_assert_int_eq(cost.code, 3);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    ck_assert_int_eq(run_shell("sleep 50", 0, 0.1, &cost), 0);
    ck_assert(cost.timed_out);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}
END_TEST

// In the background, neither the runner nor its program gets Ctrl-C.
START_TEST(ignored_signals_stay_ignored)
{
    struct sigaction action;
    struct cost cost;

    signal(SIGINT, SIG_IGN);
    ck_assert_int_eq(
        run_shell("kill -INT $$ $PPID; exit 3", 0, 0, &cost), 0);
    ck_assert_int_eq(cost.code, 3);
    ck_assert(!cost.interrupted);
    sigaction(SIGINT, NULL, &action);
    ck_assert(action.sa_handler == SIG_IGN);
}
END_TEST

START_TEST(the_cost_of_a_run)
{
    struct cost cost;

    ck_assert_int_eq(
        run_shell(
            "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done", 0, 0, &cost),
        0);
    ck_assert_double_gt(cost.cpu_user, 0);
    ck_assert_double_lt(cost.cpu_user + cost.cpu_sys, cost.wall + 0.1);
    ck_assert_int_ge(cost.switches, 0);
}
END_TEST

START_TEST(time_limit)
{
    struct cost cost;

    // The shell's child must end, too: the whole group is killed.
    ck_assert_int_eq(run_shell("sleep 50 & wait", 0, 0.1, &cost), 0);
    ck_assert(cost.timed_out);
    ck_assert_int_eq(cost.code, 128 + SIGKILL);
    ck_assert_double_lt(cost.wall, 20);
    ck_assert_int_eq(run_shell("exit 3", 0, 20, &cost), 0); // no alarm is left
    ck_assert(!cost.timed_out);
    ck_assert_uint_eq(alarm(0), 0);
}
END_TEST

START_TEST(missing_program)
{
    static struct capture said;
    char *argv[] = { (char[]){ "/nonexistent/program" }, NULL };
    struct cost cost;

    capture_begin(&said, STDERR_FILENO);
    int error = runner_run(argv, RUN_QUIET, 0, &cost);
    capture_end(&said);
    ck_assert_int_eq(error, -ENOENT);
    ck_assert_int_eq(cost.code, 127);
    ck_assert_str_eq(
        said.text, "/nonexistent/program: No such file or directory\n");
}
END_TEST

// Is a crash reported, as by a shell, but not an end that the runner caused?
START_TEST(a_crash_is_named)
{
    static struct capture said;
    struct cost cost;

    capture_begin(&said, STDERR_FILENO);
    run_shell("kill -SEGV $$", 0, 0, &cost);
    run_shell("kill -INT $$", 0, 0, &cost);
    run_shell("sleep 50", 0, 1, &cost);
    capture_end(&said);
    ck_assert(cost.timed_out);
    ck_assert_str_eq(said.text, "/bin/sh: Segmentation fault\n");
}
END_TEST

START_TEST(quiet_or_not)
{
    static struct capture said;
    struct cost cost;

    capture_begin(&said, STDOUT_FILENO);
    run_shell("echo loud", 0, 0, &cost);
    run_shell("echo quiet", RUN_QUIET, 0, &cost);
    capture_end(&said);
    ck_assert_str_eq(said.text, "loud\n");
}
END_TEST

// Ctrl-C is passed on to the program and does not end the runner.
START_TEST(signals_are_passed_on)
{
    struct cost cost;

    ck_assert_int_eq(run_shell("trap 'exit 9' INT; kill -INT $PPID; "
                               "while :; do sleep 0.1; done",
                         0, 30, &cost),
        0);
    ck_assert_int_eq(cost.code, 9);
    ck_assert(cost.interrupted);
    // A program that ignores Ctrl-C ends at its limit; both are reported.
    ck_assert_int_eq(
        run_shell("trap '' INT; kill -INT $PPID; sleep 50", 0, 3, &cost), 0);
    ck_assert(cost.timed_out);
    ck_assert(cost.interrupted);
    ck_assert_int_eq(run_shell("exit 0", 0, 30, &cost), 0);
    ck_assert(!cost.interrupted);
}
END_TEST

static int told[2]; // the child writes here after it has sent its signal

static void until_told(void)
{
    char byte;

    while (read(told[0], &byte, 1) == -1 && errno == EINTR)
        ;
}

// Is a signal lost that comes before fork() has returned in the parent?
START_TEST(a_signal_overtakes_fork)
{
    struct cost cost;
    char script[128];

    ck_assert_int_eq(pipe(told), 0);
    ck_assert_int_eq(pthread_atfork(NULL, until_told, NULL), 0);
    snprintf(script, sizeof(script),
        "trap 'exit 9' INT; kill -INT $PPID; echo >/dev/fd/%d; "
        "while :; do sleep 0.1; done",
        told[1]);
    ck_assert_int_eq(run_shell(script, 0, 10, &cost), 0);
    ck_assert_int_eq(cost.code, 9);
    ck_assert(cost.interrupted);
    close(told[0]);
    close(told[1]);
}
END_TEST

static void interrupt_ourselves(void)
{
    raise(SIGINT);
}

// Without a shell, which may lose a signal while it executes the program.
static int run_sleep(struct cost *cost)
{
    char *argv[] = { (char[]){ "/bin/sleep" }, (char[]){ "50" }, NULL };

    return runner_run(argv, 0, 10, cost);
}

// Is a signal lost that comes before the program has a process?
START_TEST(a_signal_just_before_fork)
{
    struct cost cost;

    ck_assert_int_eq(pthread_atfork(interrupt_ourselves, NULL, NULL), 0);
    ck_assert_int_eq(run_sleep(&cost), 0);
    ck_assert_int_eq(cost.code, 128 + SIGINT);
    ck_assert(cost.interrupted);
}
END_TEST

// Is a signal lost that the child gets between fork() and exec()?
START_TEST(a_signal_before_exec)
{
    struct cost cost;

    ck_assert_int_eq(pthread_atfork(NULL, NULL, interrupt_ourselves), 0);
    ck_assert_int_eq(run_sleep(&cost), 0);
    ck_assert_int_eq(cost.code, 128 + SIGINT);
    ck_assert(!cost.interrupted); // the runner did not get it
}
END_TEST

START_TEST(files)
{
    char path[] = "/tmp/test_runner.XXXXXX";
    size_t len;
    int fd = mkstemp(path);

    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(write(fd, "four", 4), 4);
    close(fd);
    char *text = runner_read_file(path, &len);
    ck_assert_uint_eq(len, 12000);
    ck_assert_uint_eq(strlen(text), 12000);
    free(text);
    ck_assert_int_eq(truncate(path, 0), 0);
    text = runner_read_file(path, &len);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(len, 0);
    free(text);
    unlink(path);
    ck_assert_ptr_null(runner_read_file(path, &len));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

#define ck_assert_get(path, expected) \
    do { \
        char *body_ = farm_get(&farm, path); \
        ck_assert_ptr_nonnull(body_); \
        ck_assert_str_eq(body_, expected); \
        free(body_); \
    } while (0)

START_TEST(a_farm)
{
    start();
    ck_assert_int_eq(strncmp(farm.address, "http://127.0.0.1:", 17), 0);
    ck_assert_get("/animals/cow", "Moo!");
    ck_assert_get("/animals/pig", "Oink!");
    char *body = farm_get(&farm, "/site/odds/large.html");
    ck_assert_uint_gt(strlen(body), 300000);
    free(body);
    pid_t pid = farm.pid;
    farm_stop(&farm);
    ck_assert_int_eq(kill(pid, 0), -1); // not even a zombie is left
    ck_assert_int_eq(farm.pid, 0);
    ck_assert_ptr_null(farm_get(&farm, "/animals/cow"));
    farm_stop(&farm); // twice is fine
}
END_TEST

START_TEST(an_answer_without_a_body)
{
    start();
    ck_assert_ptr_null(farm_get(&farm, "/chaos/close-in-body"));
    ck_assert_get("/animals/pig", "Oink!");
}
END_TEST

START_TEST(two_farms)
{
    struct farm other;

    start();
    ck_assert_int_eq(farm_start(&other, settings_build_folder(), "0"), 0);
    ck_assert_str_ne(farm.address, other.address);
    farm_stop(&farm); // must not stop the other farm
    char *body = farm_get(&other, "/animals/dog");
    ck_assert_str_eq(body, "Woof!");
    free(body);
    farm_stop(&other);
}
END_TEST

START_TEST(a_missing_farm)
{
    static struct capture said;

    capture_begin(&said, STDERR_FILENO);
    int error = farm_start(&farm, "/nonexistent", "1");
    capture_end(&said);
    ck_assert_int_eq(error, -ECHILD);
    ck_assert_str_eq(
        said.text, "/nonexistent/farm: No such file or directory\n");
}
END_TEST

START_TEST(a_farm_that_refuses_to_start)
{
    static struct capture said;

    capture_begin(&said, STDERR_FILENO);
    int error = farm_start(&farm, settings_build_folder(), "slow");
    capture_end(&said);
    ck_assert_int_eq(error, -ECHILD);
    ck_assert_ptr_nonnull(strstr(said.text, "--pace"));
}
END_TEST

START_TEST(a_zeroed_farm_is_fine)
{
    struct farm none = { 0 };

    farm_stop(&none);
    ck_assert_int_ne(fcntl(STDIN_FILENO, F_GETFD), -1);
}
END_TEST

// Does the farm end when its owner is killed? The farm has inherited the write
// end of `ends`, so the read below returns 0 only when the farm has ended.
START_TEST(the_farm_dies_with_its_owner)
{
    int ends[2];
    char letter;

    ck_assert_int_eq(pipe(ends), 0);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    pid_t owner = fork();
    if (owner == 0) {
        if (farm_start(&farm, settings_build_folder(), "0") == 0)
            raise(SIGKILL);
        _exit(1);
    }
    int status;
    ck_assert_int_eq(waitpid(owner, &status, 0), owner);
    ck_assert(WIFSIGNALED(status));
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &letter, 1), 0);
    close(ends[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runner");
    TCase *tests = tcase_create("runner");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, exit_codes);
    tcase_add_test(tests, inherited_signals);
    tcase_add_test(tests, ignored_signals_stay_ignored);
    tcase_add_test(tests, the_cost_of_a_run);
    tcase_add_test(tests, time_limit);
    tcase_add_test(tests, missing_program);
    tcase_add_test(tests, a_crash_is_named);
    tcase_add_test(tests, quiet_or_not);
    tcase_add_test(tests, signals_are_passed_on);
    tcase_add_test(tests, a_signal_overtakes_fork);
    tcase_add_test(tests, a_signal_just_before_fork);
    tcase_add_test(tests, a_signal_before_exec);
    tcase_add_test(tests, files);
    tcase_add_test(tests, a_farm);
    tcase_add_test(tests, an_answer_without_a_body);
    tcase_add_test(tests, two_farms);
    tcase_add_test(tests, a_missing_farm);
    tcase_add_test(tests, a_farm_that_refuses_to_start);
    tcase_add_test(tests, a_zeroed_farm_is_fine);
    tcase_add_test(tests, the_farm_dies_with_its_owner);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
