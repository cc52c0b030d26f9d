// test_trace.c - writes trace files and parses them.

#include "capture.h"
#include "clock.h"
#include "json.h"
#include "json_valid.h"
#include "radprint.h"
#include "runner.h"
#include "suite.h"
#include "trace.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_trace.XXXXXX";
static char *text;
static struct slice json;

// Each test is a process of its own, in which trace.c starts without a file.
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

// Completes the trace file and reads it.
static void finish(void)
{
    size_t len;

    ck_assert_int_eq(trace_close(), 0);
    text = runner_read_file(path, &len);
    ck_assert_ptr_nonnull(text);
    ck_assert(json_is_valid(text));
    json = slice_of(text);
}

// Returns a member of the nth event as JSON text, a string with its quotes.
// Event 0 names the process.
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
    const char *ph;
    const char *about; // the member to check; NULL: none
} kinds[] = {
    { TRACE_TURN, "\"turn\"", "\"i\"", NULL },
    { TRACE_READY, "\"ready\"", "\"i\"", "args/fd" },
    { TRACE_WAKE, "\"wake\"", "\"i\"", NULL },
    { TRACE_RUN, "\"run\"", "\"i\"", NULL },
    { TRACE_ASK, "\"ask\"", "\"i\"", NULL },
    { TRACE_CONNECTED, "\"connected\"", "\"i\"", NULL },
    { TRACE_ANSWER, "\"answer\"", "\"i\"", NULL },
    { TRACE_FETCHED, "\"fetched\"", "\"i\"", NULL },
    { TRACE_WAIT_FD, "\"wait fd\"", "\"B\"", "args/fd" },
    { TRACE_WAIT_TIMER, "\"wait timer\"", "\"B\"", "args/timer" },
    { TRACE_WAIT_LOCK, "\"wait lock\"", "\"B\"", NULL },
    { TRACE_WAIT_CONDITION, "\"wait condition\"", "\"B\"", NULL },
    { TRACE_LOCK, "\"lock\"", "\"i\"", NULL },
    { TRACE_UNLOCK, "\"unlock\"", "\"i\"", NULL },
    { TRACE_LETTER, "\"letter\"", "\"i\"", "args/letter" },
    { TRACE_DONE, "\"done\"", "\"i\"", "args/status" },
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

// Returns the number of the first event of this name and phase, beginning with
// `from`, or -1.
static int find(const char *name, char ph, int from)
{
    char quoted[64];

    snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    for (int i = from; strcmp(member(i, "name"), "none") != 0; i++) {
        if (strcmp(member(i, "name"), quoted) == 0 && member(i, "ph")[1] == ph)
            return i;
    }
    return -1;
}

START_TEST(every_kind)
{
    static const char *const abouts[] = { "args/fd", "args/timer",
        "args/letter", "args/status" };
    struct trace_site site = { "a/b/file.c", "some_function", 42 };

    ck_assert_int_eq(trace_open(path), 0);
    trace(TRACE_RUN, 7, 0);
    trace_record(kinds[_i].kind, 7, 13, &site);
    finish();
    int n = 0;
    while (strcmp(member(n, "args/at"), "\"file.c:42\"") != 0)
        n++;
    ck_assert_str_eq(member(n, "name"), kinds[_i].name);
    ck_assert_str_eq(member(n, "ph"), kinds[_i].ph);
    ck_assert_str_eq(member(n, "pid"), "1");
    ck_assert_str_eq(member(n, "tid"), "9");
    ck_assert_str_eq(member(n, "args/task"), "7");
    ck_assert_str_eq(member(n, "args/thread"), "0");
    ck_assert_str_eq(member(n, "args/in"), "\"some_function\"");
    for (int k = 0; k < 4; k++) {
        bool has =
            kinds[_i].about != NULL && strcmp(kinds[_i].about, abouts[k]) == 0;
        ck_assert_str_eq(member(n, abouts[k]), has ? "13" : "none");
    }
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
    ck_assert_str_eq(member(1, "args/name"), "\"loop\"");
    ck_assert_str_eq(member(2, "name"), "none");
}
END_TEST

START_TEST(the_place_is_the_callers)
{
    char expected[64];

    ck_assert_int_eq(trace_open(path), 0);
    trace(TRACE_TURN, -1, 0);
    snprintf(expected, sizeof(expected), "\"test_trace.c:%d\"", __LINE__ - 1);
    finish();
    ck_assert_str_eq(member(2, "args/at"), expected);
    snprintf(expected, sizeof(expected), "\"%s\"", __func__);
    ck_assert_str_eq(member(2, "args/in"), expected);
}
END_TEST

START_TEST(the_task_of_this_thread)
{
    ck_assert_int_eq(trace_open(path), 0);
    ck_assert_int_eq(trace_task(), -1); // no task has run yet
    trace(TRACE_RUN, 5, 0);
    ck_assert_int_eq(trace_task(), 5);
    trace(TRACE_WAKE, 8, 0); // task 8 is woken, but does not run yet
    ck_assert_int_eq(trace_task(), 5);
    trace(TRACE_ASK, 6, 0); // task 6 asks, so it runs
    ck_assert_int_eq(trace_task(), 6);
    trace(TRACE_TURN, -1, 0);
    ck_assert_int_eq(trace_task(), -1);
    trace_resume(3);
    ck_assert_int_eq(trace_task(), 3);
    finish();
    int wake = find("wake", 'i', 0);
    ck_assert_str_eq(member(wake, "args/by"), "5");
    int run = find("run", 'i', wake);
    ck_assert_str_eq(member(run, "args/task"), "6");
    ck_assert_int_eq(find("ask", 'i', run), run + 1);
    ck_assert_int_eq(find("run", 'i', run + 1), -1); // 3 has not done anything
}
END_TEST

// A wait ends at the next event of its task; an open slice ends with the file.
START_TEST(slices)
{
    ck_assert_int_eq(trace_open(path), 0);
    trace(TRACE_ASK, 0, 0);
    trace(TRACE_WAIT_FD, TRACE_THIS, 3);
    trace(TRACE_READY, 0, 3);
    trace(TRACE_ANSWER, 0, 0);
    trace(TRACE_WAIT_FD, TRACE_THIS, 3);
    finish();
    int fetch = find("fetch", 'B', 0);
    int begin = find("wait fd", 'B', fetch);
    int ready = find("ready", 'i', begin);
    int end = find("wait fd", 'E', begin);
    ck_assert_int_lt(fetch, begin);
    ck_assert_int_eq(ready, begin + 1);
    ck_assert_int_eq(find("run", 'i', ready), ready + 1);
    ck_assert_int_eq(end, ready + 2);
    ck_assert_int_eq(find("answer", 'i', end), end + 1);
    int again = find("wait fd", 'E', end + 1);
    ck_assert_int_lt(end, again);
    ck_assert_int_lt(again, find("fetch", 'E', 0));
}
END_TEST

// common/ records that a task is going to wait, then the engine records the
// place: are these two waits in the file, or one?
START_TEST(a_wait_is_recorded_once)
{
    char expected[64];

    ck_assert_int_eq(trace_open(path), 0);
    trace(TRACE_LETTER, 0, 'a');
    trace(TRACE_WAIT_TIMER, TRACE_THIS, 4);
    trace_await_here();
    snprintf(expected, sizeof(expected), "\"test_trace.c:%d\"", __LINE__ - 1);
    trace_await(TRACE_WAIT_TIMER, 3);
    trace_await(TRACE_WAIT_CONDITION, 0); // another kind: not this task's
    trace(TRACE_WAKE, 0, 0);
    trace_await(TRACE_WAIT_TIMER, 2); // after the wake: not recorded again
    finish();
    int wait = find("wait timer", 'B', 0);
    ck_assert_str_eq(member(wait, "args/at"), expected);
    ck_assert_str_eq(member(wait, "args/timer"), "4");
    ck_assert_int_eq(find("wait timer", 'B', wait + 1), -1);
    ck_assert_int_eq(find("wait condition", 'B', 0), -1);
}
END_TEST

// A ready descriptor of a poll() belongs to the task that waited for it.
START_TEST(polled)
{
    struct pollfd polls[] = { { 3, POLLIN, 0 }, { 4, POLLIN, POLLIN },
        { 5, POLLIN, POLLIN } };

    ck_assert_int_eq(trace_open(path), 0);
    for (int task = 0; task < 2; task++) {
        trace(TRACE_ASK, task, 0);
        trace(TRACE_WAIT_FD, TRACE_WATCHER, 3 + task);
    }
    trace_polled(polls, 3);
    trace(TRACE_WAIT_FD, TRACE_WATCHER, 4);
    finish();
    int turn = find("turn", 'i', 0);
    ck_assert_int_eq(find("ready", 'i', turn), turn + 1);
    ck_assert_str_eq(member(turn + 1, "args/task"), "1");
    ck_assert_str_eq(member(turn + 1, "args/fd"), "4");
    ck_assert_str_eq(member(turn + 2, "args/task"), "-1"); // no task waited
    int wait = find("wait fd", 'B', turn);
    ck_assert_str_eq(member(wait, "args/task"), "1");
}
END_TEST

static bool chain(int i, struct trace_site *site)
{
    static const struct trace_site links[] = {
        { "x/sockets.c", "readable(fd)", 3 },
        { "x/fetch.c", "say(\"a\")", 41 },
    };

    if (i > 1)
        return false;
    *site = links[i < 0 ? 1 : i];
    return true;
}

START_TEST(a_chain_of_awaits)
{
    trace_chain = chain;
    ck_assert_int_eq(trace_open(path), 0);
    trace_await(TRACE_WAIT_LOCK, 0);
    trace(TRACE_RUN, 2, 0);
    trace_await(TRACE_WAIT_LOCK, 0);
    finish();
    ck_assert_int_ge(find("wait lock", 'i', 0), 0); // without a task
    int wait = find("wait lock", 'B', 0);
    ck_assert_str_eq(member(wait, "args/at"), "\"fetch.c:41\"");
    ck_assert_str_eq(
        member(wait, "args/chain/0"), "\"sockets.c:3 await(readable(fd))\"");
    ck_assert_str_eq(
        member(wait, "args/chain/1"), "\"fetch.c:41 await(say(\\\"a\\\"))\"");
    ck_assert_str_eq(member(wait, "args/chain/2"), "none");
}
END_TEST

START_TEST(the_url_of_a_fetch)
{
    ck_assert_int_eq(trace_open(path), 0);
    trace_url("http://a/");
    trace(TRACE_ASK, 0, 0);
    trace(TRACE_FETCHED, 0, 0);
    trace_url("http://b/");
    trace(TRACE_DONE, 0, 404);
    trace(TRACE_ASK, 0, 0);
    finish();
    int done = find("done", 'i', 0);
    ck_assert_str_eq(member(find("ask", 'i', 0), "args/url"), "\"http://a/\"");
    ck_assert_str_eq(member(done, "args/url"), "\"http://b/\"");
    ck_assert_str_eq(member(done, "args/status"), "404");
    ck_assert_str_eq(member(find("ask", 'i', done), "args/url"), "none");
}
END_TEST

START_TEST(zero_is_given)
{
    trace_zero(clock_now() - 100);
    ck_assert_int_eq(trace_open(path), 0);
    ck_assert(trace_record(TRACE_TURN, -1, 0, TRACE_HERE) <= clock_now());
    finish();
    double us = json_number(json, "2/ts", -1);
    ck_assert(us >= 100e6 && us < 200e6);
}
END_TEST

// More events than are kept in memory, each with a name.
START_TEST(many)
{
    ck_assert_int_eq(trace_open(path), 0);
    for (int i = 0; i < 2000; i++) {
        trace(TRACE_ASK, i, 0);
        trace(TRACE_WAIT_FD, TRACE_THIS, i);
    }
    finish();
    int ends = 0;
    for (char *at = text; (at = strstr(at, "\"ph\":\"E\"")) != NULL; at++)
        ends++;
    ck_assert_int_eq(ends, 2 * 2000);
}
END_TEST

START_TEST(names)
{
    ck_assert_int_eq(trace_open(path), 0);
    trace_name(0, "cow");
    trace(TRACE_ASK, 3, 0);
    trace_name(12, "a \"b\"\n\\\xff\x1b");
    finish();
    ck_assert_str_eq(member(2, "name"), "\"thread_name\"");
    ck_assert_str_eq(member(2, "ph"), "\"M\"");
    ck_assert_str_eq(member(2, "tid"), "2");
    ck_assert_str_eq(member(2, "args/name"), "\"cow\"");
    ck_assert_str_eq(member(3, "args/name"), "\"worker 3\"");
    int last = find("thread_name", 'M', 4);
    ck_assert_str_eq(member(last, "args/task"), "12");
    ck_assert_str_eq(member(last, "args/name"),
        "\"a \\\"b\\\"\\u000a\\\\\xEF\xBF\xBD\\u001b\"");
}
END_TEST

// A letter is recorded as its code point, not as its bytes.
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
        ck_assert_str_eq(member(i + 2, "args/letter"), expected[i]);
    ck_assert_str_eq(member(6, "args/letter"), "10");
    ck_assert_str_eq(member(7, "name"), "none");
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

// Every thread has its own number and its own task, and the events in the file
// are in order of time.
START_TEST(several_threads)
{
    pthread_t threads[THREADS];
    int tasks[THREADS];
    int thread_of[THREADS] = { 0 };
    int letters[THREADS] = { 0 };
    double last = 0;
    const char *line;

    ck_assert_int_eq(trace_thread(), 0);
    ck_assert_int_eq(trace_open(path), 0);
    for (int i = 0; i < THREADS; i++) {
        tasks[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, record_many, &tasks[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    finish();
    // One event is one line; json_find() would be slow here.
    line = strchr(strchr(text, '\n') + 1, '\n');
    int events = 0;
    for (; line != NULL && line[1] == '{'; line = strchr(line + 1, '\n')) {
        struct slice event = { line + 1, strcspn(line + 1, "\n") };
        int task = (int)json_number(event, "args/task", -1);
        int thread = (int)json_number(event, "args/thread", -1);
        double now = json_number(event, "ts", -1);
        if (now < 0)
            continue; // a name
        ck_assert(now >= last);
        last = now;
        ck_assert_int_ge(task, 0);
        ck_assert_int_lt(task, THREADS);
        ck_assert_int_ge(thread, 1);
        ck_assert_int_le(thread, THREADS);
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

enum { LINES = 50 };

static void *type_unlocked(void *number)
{
    static const char *const texts[THREADS] = { "aaaaaaaaaaaaaaa",
        "bbbbbbbbbbbbbbb", "ccccccccccccccc", "ddddddddddddddd" };
    int task = *(int *)number;
    struct radprint line;

    trace(TRACE_RUN, task, 0);
    for (int i = 0; i < LINES; i++) {
        radprint_start(&line, texts[task], 0);
        radprint_step(&line);
    }
    return NULL;
}

// Without a lock for the screen, does the trace have the letters in the order
// of the screen?
START_TEST(letters_as_on_the_screen)
{
    static struct capture screen;
    pthread_t threads[THREADS];
    int tasks[THREADS];

    ck_assert_int_eq(trace_open(path), 0);
    capture_begin(&screen, STDOUT_FILENO);
    for (int i = 0; i < THREADS; i++) {
        tasks[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, type_unlocked, &tasks[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    capture_end(&screen);
    finish();
    const char *next = screen.text;
    static const char letter[] = "\"letter\":";
    for (char *at = text; (at = strstr(at, letter)) != NULL; at++) {
        if (at[sizeof(letter) - 1] != '\"') // the argument, not the name
            ck_assert_int_eq(atoi(at + sizeof(letter) - 1), *next++);
    }
    ck_assert_int_eq(*next, '\0');
    ck_assert_int_eq(next - screen.text, THREADS * LINES * 16);
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
    ck_assert_int_eq(asked, 0); // the arguments have not been evaluated
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
    for (int i = 0; i < 10000 * _i; i++) // with few, only trace_close() notices
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
    tcase_add_loop_test(tests, every_kind, 0, KINDS);
    tcase_add_test(tests, empty);
    tcase_add_test(tests, the_place_is_the_callers);
    tcase_add_test(tests, the_task_of_this_thread);
    tcase_add_test(tests, slices);
    tcase_add_test(tests, a_wait_is_recorded_once);
    tcase_add_test(tests, polled);
    tcase_add_test(tests, a_chain_of_awaits);
    tcase_add_test(tests, the_url_of_a_fetch);
    tcase_add_test(tests, zero_is_given);
    tcase_add_test(tests, many);
    tcase_add_test(tests, names);
    tcase_add_test(tests, letters_are_code_points);
    tcase_add_test(tests, several_threads);
    tcase_add_test(tests, letters_as_on_the_screen);
    tcase_add_test(tests, off);
    tcase_add_test(tests, unwritable);
    tcase_add_loop_test(tests, a_full_disk_is_noticed, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
