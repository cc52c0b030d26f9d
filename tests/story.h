// story.h - tests that run as the first task, a record of events to compare,
// and calls that end their process.

#ifndef STORY_H
#define STORY_H

#include "async.h"
#include "clock.h"
#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOUR = 3600 };

static char story[4096]; // the events that tell() has recorded, in order

__attribute__((format(printf, 1, 2))) static inline void tell(
    const char *format, ...)
{
    size_t len = strlen(story);
    va_list args;

    va_start(args, format);
    vsnprintf(story + len, sizeof(story) - len, format, args);
    va_end(args);
    strncat(story, " ", sizeof(story) - strlen(story) - 1);
}

// Returns n as text, or the name of an error that has different numbers on
// different systems.
static inline const char *outcome(int n)
{
    static char digits[16];

    if (n == -ECANCELED)
        return "cancelled";
    if (n == -ETIMEDOUT)
        return "late";
    snprintf(digits, sizeof(digits), "%d", n);
    return digits;
}

#define ck_assert_story(expected) ck_assert_str_eq(story, expected)

// A fixture: the test runs on the virtual clock.
static inline void on_virtual_clock(void)
{
    setenv("CLOCK", "virtual", 1);
}

#define ck_assert_now(seconds) \
    ck_assert_double_eq_tol(clock_now(), seconds, 1e-9)

// Awaits a call and compares its result.
#define ck_assert_await(call, expected) \
    do { \
        int n_ = await(call); \
        ck_assert_int_eq(n_, expected); \
    } while (0)

#define run_on(kind, fn) ck_assert_int_eq(async_run(kind, fn, NULL), 0)
#define run(fn) run_on(NULL, fn)

#define DONE ((async_int){ 0 })

// Begins a test: the body that follows runs as the first task and returns DONE.
#define START_TASK_TEST(name) \
    static async_int name##_body(void *unused); \
    START_TEST(name) \
    { \
        run_on(kinds[_i], name##_body); \
    } \
    static async_int name##_body(void *unused CK_ATTRIBUTE_UNUSED)

// Starts fn(arg) in a group, cancels the group after `seconds`, and waits for
// the group. Returns 0.
static inline async_int cancel_after(double seconds, async_fn *fn, void *arg)
{
    struct group group = { 0 };

    task_spawn(NULL, &group, fn, arg, "fn", "cancelled", "story.h:1");
    int n = await(task_pause(seconds));
    ck_assert_int_eq(n, 0);
    group_cancel(&group);
    return (async_int){ await(group_wait(&group)) };
}

static char stderr_text[65536]; // of the child of the last die_of()

// Calls a function that may end its process, in a child. Returns the child's
// wait status.
static inline int die_of(void (*deed)(void))
{
    FILE *file = tmpfile();
    int status = 0;

    ck_assert_ptr_nonnull(file);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        dup2(fileno(file), 2);
        alarm(30);
        deed();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ssize_t n = pread(fileno(file), stderr_text, sizeof(stderr_text) - 1, 0);
    stderr_text[n > 0 ? n : 0] = '\0';
    char *emulator = strstr(stderr_text, "qemu: uncaught target signal");
    if (emulator != NULL)
        *emulator = '\0'; // the emulator adds a line of its own
    fclose(file);
    return status;
}

#endif
