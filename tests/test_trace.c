// test_trace.c - the trace file, read back.

#include "capture.h"
#include "json.h"
#include "json_valid.h"
#include "radprint.h"
#include "runner.h"
#include "suite.h"
#include "trace.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_trace.XXXXXX";
static char *text;
static struct slice json;

// Each test is a process of its own: trace.c starts from nothing.
static void set_up(void)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void tear_down(void)
{
    unlink(path);
    free(text);
}

// Completes the trace and reads it back.
static void finish(void)
{
    size_t len;

    ck_assert_int_eq(trace_close(), 0);
    text = runner_read_file(path, &len);
    ck_assert_ptr_nonnull(text);
    ck_assert(json_is_valid(text));
    json = slice_of(text);
}

// A member of the nth event as JSON text, strings with their quotes. Event 0
// names the process.
static const char *member(int n, const char *name)
{
    static char copy[256];
    char where[64];

    snprintf(where, sizeof(where), "%d/%s", n, name);
    struct slice value = json_find(json, where);
    if (value.at == NULL)
        return "none";
    snprintf(copy, sizeof(copy), "%.*s", (int)value.len, value.at);
    return copy;
}

static const struct {
    enum trace_kind kind;
    const char *name;
    const char *about; // NULL: nothing
} kinds[] = {
    { TRACE_RUN, "\"run\"", NULL },
    { TRACE_WAIT_FD, "\"wait\"", "args/fd" },
    { TRACE_WAIT_TIMER, "\"wait\"", "args/timer" },
    { TRACE_WAIT_LOCK, "\"wait\"", "args/lock" },
    { TRACE_READY, "\"ready\"", "args/fd" },
    { TRACE_WAKE, "\"wake\"", NULL },
    { TRACE_LOCK, "\"lock\"", NULL },
    { TRACE_UNLOCK, "\"unlock\"", NULL },
    { TRACE_LETTER, "\"letter\"", "args/letter" },
    { TRACE_DONE, "\"done\"", NULL },
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

START_TEST(every_kind)
{
    static const char *const abouts[] = { "args/fd", "args/timer", "args/lock",
        "args/letter" };
    char number[32];

    ck_assert_int_eq(trace_open(path), 0);
    for (int i = 0; i < KINDS; i++)
        trace_record(kinds[i].kind, 100 + i, 7 * i - 1, "some_function", i);
    finish();
    for (int i = 0; i < KINDS; i++) {
        ck_assert_str_eq(member(i + 1, "name"), kinds[i].name);
        ck_assert_str_eq(member(i + 1, "ph"), "\"i\"");
        ck_assert_str_eq(member(i + 1, "s"), "\"t\"");
        ck_assert_str_eq(member(i + 1, "pid"), "1");
        ck_assert_str_eq(member(i + 1, "tid"), "1");
        snprintf(number, sizeof(number), "%d", 100 + i);
        ck_assert_str_eq(member(i + 1, "args/task"), number);
        snprintf(number, sizeof(number), "\"some_function:%d\"", i);
        ck_assert_str_eq(member(i + 1, "args/at"), number);
        snprintf(number, sizeof(number), "%d", 7 * i - 1);
        for (int k = 0; k < 4; k++) {
            bool has = kinds[i].about != NULL
                && strcmp(kinds[i].about, abouts[k]) == 0;
            ck_assert_str_eq(member(i + 1, abouts[k]), has ? number : "none");
        }
    }
    ck_assert_str_eq(member(KINDS + 1, "name"), "none");
}
END_TEST

START_TEST(empty)
{
    ck_assert_int_eq(trace_open(path), 0);
    ck_assert(trace_is_on);
    finish();
    ck_assert(!trace_is_on);
    ck_assert_str_eq(member(0, "name"), "\"process_name\"");
    ck_assert_str_eq(member(0, "ph"), "\"M\"");
    ck_assert_str_eq(member(1, "name"), "none");
}
END_TEST

START_TEST(the_place_is_the_callers)
{
    char expected[64];

    ck_assert_int_eq(trace_open(path), 0);
    trace(TRACE_WAKE, 1, 0);
    snprintf(expected, sizeof(expected), "\"%s:%d\"", __func__, __LINE__ - 1);
    finish();
    ck_assert_str_eq(member(1, "args/at"), expected);
}
END_TEST

START_TEST(the_task_of_this_thread)
{
    ck_assert_int_eq(trace_open(path), 0);
    trace(TRACE_WAIT_FD, TRACE_THIS, 3); // nobody has run yet
    trace(TRACE_RUN, 5, 0);
    trace(TRACE_WAIT_FD, TRACE_THIS, 3);
    trace(TRACE_WAKE, 8, 0); // another task: it does not run yet
    trace(TRACE_DONE, TRACE_THIS, 0);
    trace(TRACE_RUN, 6, 0);
    trace(TRACE_RUN, TRACE_THIS, 0);
    finish();
    ck_assert_str_eq(member(1, "args/task"), "0");
    ck_assert_str_eq(member(3, "args/task"), "5");
    ck_assert_str_eq(member(4, "args/task"), "8");
    ck_assert_str_eq(member(5, "args/task"), "5");
    ck_assert_str_eq(member(7, "args/task"), "6");
}
END_TEST

START_TEST(names)
{
    ck_assert_int_eq(trace_open(path), 0);
    trace_name(0, "cow");
    trace_name(12, "a \"b\"\n\\\xff\x1b");
    finish();
    ck_assert_str_eq(member(1, "name"), "\"task_name\"");
    ck_assert_str_eq(member(1, "ph"), "\"M\"");
    ck_assert_str_eq(member(1, "args/task"), "0");
    ck_assert_str_eq(member(1, "args/name"), "\"cow\"");
    ck_assert_str_eq(member(2, "args/task"), "12");
    ck_assert_str_eq(member(2, "args/name"),
        "\"a \\\"b\\\"\\u000a\\\\\xEF\xBF\xBD\\u001b\"");
}
END_TEST

// Letters are recorded as what they are, not as the bytes they have.
START_TEST(letters_are_code_points)
{
    static const char *const expected[] = { "97", "246", "8364", "128004" };
    static struct capture screen;
    struct radprint line;

    ck_assert_int_eq(trace_open(path), 0);
    capture_begin(&screen, STDOUT_FILENO);
    radprint_start(&line, "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x84", 0);
    radprint_step(&line);
    capture_end(&screen);
    finish();
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(member(i + 1, "args/letter"), expected[i]);
    ck_assert_str_eq(member(5, "name"), "none");
}
END_TEST

enum { THREADS = 4, ROUNDS = 500 };

static void *record_many(void *number)
{
    int task = *(int *)number;

    trace(TRACE_RUN, task, 0);
    for (int i = 0; i < ROUNDS; i++)
        trace(TRACE_LETTER, TRACE_THIS, i);
    trace(TRACE_DONE, TRACE_THIS, 0);
    ck_assert_int_eq(trace_thread(), trace_thread());
    return NULL;
}

// Every thread has its own number and its own task, and in the file the order
// is that of time.
START_TEST(several_threads)
{
    pthread_t threads[THREADS];
    int tasks[THREADS];
    int thread_of[THREADS] = { 0 };
    int letters[THREADS] = { 0 };
    double last = 0;
    const char *line;

    ck_assert_int_eq(trace_thread(), 1);
    ck_assert_int_eq(trace_open(path), 0);
    for (int i = 0; i < THREADS; i++) {
        tasks[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, record_many, &tasks[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    finish();
    // One event a line; json_find() would take its time.
    line = strchr(strchr(text, '\n') + 1, '\n');
    int events = 0;
    for (; line != NULL && line[1] == '{'; line = strchr(line + 1, '\n')) {
        struct slice event = { line + 1, strcspn(line + 1, "\n") };
        int task = (int)json_number(event, "args/task", -1);
        int thread = (int)json_number(event, "tid", -1);
        double now = json_number(event, "ts", -1);
        ck_assert(now >= last);
        last = now;
        ck_assert_int_ge(task, 0);
        ck_assert_int_lt(task, THREADS);
        ck_assert_int_ge(thread, 2);
        ck_assert_int_le(thread, THREADS + 1);
        if (thread_of[task] == 0)
            thread_of[task] = thread;
        ck_assert_int_eq(thread_of[task], thread);
        if (json_find(event, "args/letter").at != NULL)
            ck_assert_int_eq(
                (int)json_number(event, "args/letter", -1), letters[task]++);
        events++;
    }
    ck_assert_int_eq(events, THREADS * (ROUNDS + 2));
    for (int i = 1; i < THREADS; i++)
        ck_assert_int_ne(thread_of[i], thread_of[i - 1]);
}
END_TEST

START_TEST(off)
{
    int asked = 0;
    size_t len;

    ck_assert(!trace_is_on);
    trace(TRACE_RUN, asked++, 0);
    trace(TRACE_RUN, 0, asked++);
    trace_name(1, "cow");
    ck_assert_int_eq(asked, 0); // not even the arguments cost anything
    ck_assert_int_eq(trace_close(), 0);
    text = runner_read_file(path, &len);
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(unwritable)
{
    ck_assert_int_eq(trace_open("/nonexistent/trace.json"), -ENOENT);
    ck_assert(!trace_is_on);
    ck_assert_int_eq(trace_open("/"), -EISDIR);
    ck_assert(!trace_is_on);
    trace(TRACE_RUN, 1, 0);
    ck_assert_int_eq(trace_close(), 0);
}
END_TEST

START_TEST(a_full_disk_is_noticed)
{
    if (access("/dev/full", W_OK) != 0)
        return;
    ck_assert_int_eq(trace_open("/dev/full"), 0);
    for (int i = 0; i < 10000 * _i; i++) // so few that only close notices, too
        trace(TRACE_RUN, i, 0);
    ck_assert_int_eq(trace_close(), -EIO);
    ck_assert(!trace_is_on);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("trace");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_kind);
    tcase_add_test(tests, empty);
    tcase_add_test(tests, the_place_is_the_callers);
    tcase_add_test(tests, the_task_of_this_thread);
    tcase_add_test(tests, names);
    tcase_add_test(tests, letters_are_code_points);
    tcase_add_test(tests, several_threads);
    tcase_add_test(tests, off);
    tcase_add_test(tests, unwritable);
    tcase_add_loop_test(tests, a_full_disk_is_noticed, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
