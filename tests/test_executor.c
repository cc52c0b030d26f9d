// test_executor.c - blocking jobs on threads, on the real clock. Jobs wait at a
// gate, so that no test depends on the speed of a thread.

#include "executor.h"

#include "gate.h"
#include "net.h"

#include <netdb.h>
#include <sched.h>
#include <stdatomic.h>

// --- Jobs --------------------------------------------------------------------

struct job {
    int result;
    atomic_int done;
    atomic_int abandoned; // number of calls of on_abandon()
    atomic_bool was_done; // when on_abandon() was called
};

static int answer_at_once(void *arg)
{
    struct job *job = arg;

    atomic_fetch_add(&job->done, 1);
    return job->result;
}

static int answer_at_gate(void *arg)
{
    return pass_gate() ? answer_at_once(arg) : -EPIPE;
}

static void on_abandon(void *arg)
{
    struct job *job = arg;

    atomic_store(&job->was_done, atomic_load(&job->done) > 0);
    atomic_fetch_add(&job->abandoned, 1);
}

static async_int wait_at_gate(void *job)
{
    return (async_int){ await(run_blocking(answer_at_gate, job, on_abandon)) };
}

static async_int all_threads_arrive(void)
{
    for (int i = 0; i < EXECUTOR_THREADS; i++)
        ck_assert_await(one_arrives(), 0);
    return DONE;
}

// --- Results -----------------------------------------------------------------

START_TASK_TEST(the_result_comes_back)
{
    struct job job = { .result = 7 };
    struct job bad = { .result = 1 << 30 };

    ck_assert_await(run_blocking(answer_at_once, &job, on_abandon), 7);
    ck_assert_await(run_blocking(answer_at_once, &bad, NULL), 1 << 30);
    ck_assert_int_eq(atomic_load(&job.done), 1);
    ck_assert_int_eq(atomic_load(&job.abandoned), 0);
    return DONE;
}
END_TEST

static struct job many[100];

static async_int do_one(void *arg)
{
    struct job *job = arg;

    ck_assert_await(run_blocking(answer_at_once, job, on_abandon), job->result);
    return DONE;
}

static async_int do_many(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    for (int i = 0; i < 100; i++) {
        many[i].result = i;
        spawn(&group, do_one, &many[i], "");
    }
    ck_assert_await(group_wait(&group), 0);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(atomic_load(&many[i].done), 1);
        ck_assert_int_eq(atomic_load(&many[i].abandoned), 0);
    }
    return DONE;
}

START_TEST(more_jobs_than_threads)
{
    run_on(kinds[_i], do_many);
    ck_assert_double_le(fact("threads"), 1 + EXECUTOR_THREADS);
}
END_TEST

static async_int do_one_after_the_other(void *unused)
{
    struct job job = { .result = 3 };

    (void)unused;
    for (int i = 0; i < 20; i++)
        ck_assert_await(run_blocking(answer_at_once, &job, NULL), 3);
    return DONE;
}

START_TEST(a_thread_is_started_when_it_is_needed)
{
    run_on(kinds[_i], do_one_after_the_other);
    ck_assert_double_eq(fact("threads"), 2);
}
END_TEST

START_TEST(the_executor_can_be_used_again)
{
    for (int i = 0; i < 3; i++) {
        run_on(kinds[_i], do_one_after_the_other);
        executor_close(); // a second close, after that of async_run()
    }
}
END_TEST

static async_int do_nothing(void *unused)
{
    (void)unused;
    return DONE;
}

START_TEST(no_job_no_thread)
{
    run(do_nothing);
    ck_assert_double_eq(fact("threads"), 1);
}
END_TEST

// Does a blocking job stop the loop? Then the gate would never be opened.
START_TASK_TEST(a_job_delays_no_task)
{
    struct group group = { 0 };
    struct job jobs[EXECUTOR_THREADS] = { { .result = 1 } };

    open_gate();
    for (int i = 0; i < EXECUTOR_THREADS; i++)
        spawn(&group, wait_at_gate, &jobs[i], "");
    ck_assert_await(all_threads_arrive(), 0);
    for (int i = 0; i < 20; i++) {
        ck_assert_await(task_pause(1e-4), 0);
        ck_assert_await(task_yield(), 0);
    }
    ck_assert_int_eq(group.count, EXECUTOR_THREADS);
    let_pass(EXECUTOR_THREADS);
    ck_assert_await(group_wait(&group), 0);
    return DONE;
}
END_TEST

// --- Cancelling --------------------------------------------------------------

static struct job jobs[EXECUTOR_THREADS + 2];

static async_int cancel_while_running(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    open_gate();
    spawn(&group, wait_at_gate, &jobs[0], "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0); // the job still runs
    ck_assert_int_eq(atomic_load(&jobs[0].done), 0);
    ck_assert_int_eq(atomic_load(&jobs[0].abandoned), 0);
    let_pass(1);
    return DONE;
}

// on_abandon() is called before async_run() returns, but not before the job has
// ended.
START_TEST(cancelled_while_it_runs)
{
    run_on(kinds[_i], cancel_while_running);
    ck_assert_int_eq(atomic_load(&jobs[0].done), 1);
    ck_assert_int_eq(atomic_load(&jobs[0].abandoned), 1);
    ck_assert(atomic_load(&jobs[0].was_done));
}
END_TEST

static async_int have_a_second(void *job)
{
    ck_assert_int_eq(await_within(1, wait_at_gate(job)), -ETIMEDOUT);
    return DONE;
}

static async_int abandon_by_deadline(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    open_gate();
    spawn(&group, have_a_second, &jobs[0], "");
    ck_assert_await(one_arrives(), 0);
    clock_jump(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_int_eq(atomic_load(&jobs[0].abandoned), 0);
    let_pass(1);
    return DONE;
}

START_TEST(abandoned_by_a_deadline)
{
    on_virtual_clock();
    run_on(kinds[_i], abandon_by_deadline);
    ck_assert_int_eq(atomic_load(&jobs[0].done), 1);
    ck_assert_int_eq(atomic_load(&jobs[0].abandoned), 1);
    ck_assert(atomic_load(&jobs[0].was_done));
}
END_TEST

static async_int cancel_while_queued(void *unused)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    (void)unused;
    open_gate();
    for (int i = 0; i < EXECUTOR_THREADS; i++)
        spawn(&group, wait_at_gate, &jobs[i], "");
    ck_assert_await(all_threads_arrive(), 0);
    spawn(&cancelled, wait_at_gate, &jobs[EXECUTOR_THREADS], "");
    spawn(&group, wait_at_gate, &jobs[EXECUTOR_THREADS + 1], "");
    ck_assert_await(task_yield(), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    let_pass(EXECUTOR_THREADS + 1); // and the job behind the cancelled one
    ck_assert_await(group_wait(&group), 0);
    return DONE;
}

START_TEST(cancelled_while_it_is_queued)
{
    run_on(kinds[_i], cancel_while_queued);
    for (int i = 0; i < EXECUTOR_THREADS + 2; i++) {
        bool is_cancelled = i == EXECUTOR_THREADS;
        ck_assert_int_eq(atomic_load(&jobs[i].done), !is_cancelled);
        ck_assert_int_eq(atomic_load(&jobs[i].abandoned), is_cancelled);
    }
}
END_TEST

static async_int be_cancelled_already(void *job)
{
    ck_assert_await(wait_at_gate(job), -ECANCELED);
    return DONE;
}

static async_int cancel_before(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    open_gate();
    group_cancel(&group);
    spawn(&group, be_cancelled_already, &jobs[0], "");
    ck_assert_await(group_wait(&group), 0);
    let_pass(1); // a thread may have begun the job
    return DONE;
}

START_TEST(cancelled_before)
{
    run_on(kinds[_i], cancel_before);
    ck_assert_int_le(atomic_load(&jobs[0].done), 1);
    ck_assert_int_eq(atomic_load(&jobs[0].abandoned), 1);
}
END_TEST

static async_int wait_without_abandon(void *job)
{
    return (async_int){ await(run_blocking(answer_at_gate, job, NULL)) };
}

static async_int cancel_without_abandon(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    open_gate();
    spawn(&group, wait_without_abandon, &jobs[0], "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    let_pass(1);
    return DONE;
}

START_TEST(cancelled_without_abandon)
{
    run(cancel_without_abandon);
    ck_assert_int_eq(atomic_load(&jobs[0].done), 1);
}
END_TEST

static int tell_that_it_began(void *unused)
{
    (void)unused;
    return write(arrivals[1], "x", 1) == 1 ? 0 : -EPIPE;
}

static async_int begin_behind(void *unused)
{
    (void)unused;
    return (async_int){ await(run_blocking(tell_that_it_began, NULL, NULL)) };
}

static int kept;

static async_int count_the_kept(void *job)
{
    int n = await(wait_at_gate(job));
    ck_assert(n == -ECANCELED || n == 5);
    kept += n == 5;
    ck_assert_await(task_yield(), -ECANCELED);
    return DONE;
}

// All threads are busy, and one more job is queued: as soon as this job runs,
// one of the others has finished.
static async_int let_one_finish(void *unused)
{
    char byte;

    (void)unused;
    let_pass(1);
    ck_assert_int_eq((int)read(arrivals[0], &byte, 1), 1);
    return DONE;
}

// One job finishes after its task has been cancelled, but before this task has
// had a turn.
static async_int cancel_when_one_has_finished(void *unused)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    (void)unused;
    open_gate();
    for (int i = 0; i < EXECUTOR_THREADS; i++) {
        jobs[i].result = 5;
        spawn(&cancelled, count_the_kept, &jobs[i], "");
    }
    ck_assert_await(all_threads_arrive(), 0);
    spawn(&group, begin_behind, NULL, "");
    ck_assert_await(task_yield(), 0);
    spawn(&group, let_one_finish, NULL, "");
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_int_eq(kept, 1);
    let_pass(EXECUTOR_THREADS - 1);
    return DONE;
}

START_TEST(a_result_that_came_before_the_cancel_was_seen)
{
    int abandoned = 0;

    run_on(kinds[_i], cancel_when_one_has_finished);
    for (int i = 0; i < EXECUTOR_THREADS; i++) {
        ck_assert_int_eq(atomic_load(&jobs[i].done), 1);
        abandoned += atomic_load(&jobs[i].abandoned);
    }
    ck_assert_int_eq(abandoned, EXECUTOR_THREADS - 1);
}
END_TEST

static async_int shield_the_job(void *job)
{
    ck_assert_int_eq(await_shielded(wait_at_gate(job)), 7);
    ck_assert_await(task_yield(), -ECANCELED);
    return DONE;
}

static async_int cancel_in_a_shield(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    open_gate();
    jobs[0].result = 7;
    spawn(&group, shield_the_job, &jobs[0], "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&group);
    ck_assert_await(task_yield(), 0);
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    return DONE;
}

// The thread ends the job at the moment in which the task is cancelled: either
// the task gets the result, or the job is abandoned. Many rounds, to meet this
// moment; fewer on a busy machine, where a spinning thread delays the other.
enum { MEETINGS = 5000, MEETINGS_MS = 5000, MOMENTS = 500 };

static struct job meetings[MEETINGS];
static int met;
static atomic_int results;
static atomic_int begun; // number of meetings begun
static atomic_int may_end; // number of meetings that may end

static int spin(void *arg)
{
    int number = (int)((struct job *)arg - meetings);

    atomic_store(&begun, number + 1);
    while (atomic_load(&may_end) <= number)
        sched_yield();
    for (int k = 0; k < number % MOMENTS; k++)
        atomic_load(&may_end); // a different delay in each meeting
    return answer_at_once(arg);
}

static async_int wait_for_spin(void *arg)
{
    int n = await(run_blocking(spin, arg, on_abandon));

    ck_assert(n == 0 || n == -ECANCELED);
    results += n == 0;
    return (async_int){ n };
}

static async_int meet(void *unused)
{
    double end = clock_now() + (double)MEETINGS_MS * 1e-3;

    (void)unused;
    for (int i = 0; i < MEETINGS && clock_now() < end; i++) {
        struct group group = { 0 };
        spawn(&group, wait_for_spin, &meetings[i], "");
        ck_assert_int_eq(await(task_yield()), 0);
        while (atomic_load(&begun) <= i)
            sched_yield();
        group_cancel(&group);
        atomic_store(&may_end, i + 1);
        ck_assert_int_le(await(group_wait(&group)), 0);
        met = i + 1;
    }
    return (async_int){ 0 };
}

START_TEST(a_cancel_meets_a_result)
{
    int abandoned = 0;

    ck_assert_int_eq(async_run(NULL, meet, NULL), 0);
    ck_assert_int_gt(met, 0);
    for (int i = 0; i < met; i++)
        abandoned += atomic_load(&meetings[i].abandoned);
    ck_assert_int_eq(abandoned + atomic_load(&results), met);
}
END_TEST

START_TEST(cancelled_in_a_shield)
{
    run_on(kinds[_i], cancel_in_a_shield);
    ck_assert_int_eq(atomic_load(&jobs[0].abandoned), 0);
}
END_TEST

// --- Look-ups that need no thread, or a real one -----------------------------

static struct url url;

static async_int look_up_here(void *text)
{
    const struct address *address = NULL;

    ck_assert_int_eq(url_parse(&url, text, strlen(text)), 0);
    int n = await(look_up(&url, 0, &address));
    if (n == 0) {
        ck_assert_int_eq(ntohs(address->v4.sin_port), 8888);
        ck_assert(address->any.sa_family == AF_INET
            || address->any.sa_family == AF_INET6);
    }
    url_free(&url);
    return (async_int){ n };
}

START_TEST(digits_need_no_thread)
{
    char *texts[] = { "http://127.0.0.1:8888/", "http://[::1]:8888/" };

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(async_run(NULL, look_up_here, texts[i]), 0);
    ck_assert_double_eq(fact("threads"), 1);
    net_forget();
}
END_TEST

START_TEST(resolved_hosts_need_no_thread)
{
    char *text = "http://pig.example:8888/";

    ck_assert_int_eq(net_resolve("pig.example:8888:127.0.0.1"), 0);
    ck_assert_int_eq(async_run(NULL, look_up_here, text), 0);
    ck_assert_double_eq(fact("threads"), 1);
    net_forget();
}
END_TEST

START_TEST(localhost)
{
    char *text = "http://localhost:8888/";
    struct addrinfo *found;

    if (getaddrinfo("localhost", NULL, NULL, &found) != 0) {
        puts("executor:localhost: skipped: that name is not known here");
        return;
    }
    freeaddrinfo(found);
    ck_assert_int_eq(async_run(kinds[_i], look_up_here, text), 0);
    ck_assert_double_eq(fact("threads"), 2);
    net_forget();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, the_result_comes_back, 0, KINDS);
    tcase_add_loop_test(tests, more_jobs_than_threads, 0, KINDS);
    tcase_add_loop_test(tests, a_thread_is_started_when_it_is_needed, 0, KINDS);
    tcase_add_loop_test(tests, the_executor_can_be_used_again, 0, KINDS);
    tcase_add_test(tests, no_job_no_thread);
    tcase_add_loop_test(tests, a_job_delays_no_task, 0, KINDS);
    tcase_add_loop_test(tests, cancelled_while_it_runs, 0, KINDS);
    tcase_add_loop_test(tests, abandoned_by_a_deadline, 0, KINDS);
    tcase_add_loop_test(tests, cancelled_while_it_is_queued, 0, KINDS);
    tcase_add_loop_test(tests, cancelled_before, 0, KINDS);
    tcase_add_test(tests, cancelled_without_abandon);
    tcase_add_loop_test(
        tests, a_result_that_came_before_the_cancel_was_seen, 0, KINDS);
    tcase_add_test(tests, a_cancel_meets_a_result);
    tcase_add_loop_test(tests, cancelled_in_a_shield, 0, KINDS);
    tcase_add_test(tests, digits_need_no_thread);
    tcase_add_test(tests, resolved_hosts_need_no_thread);
    tcase_add_loop_test(tests, localhost, 0, KINDS);
}

int main(void)
{
    Suite *suite = suite_create("executor");
    TCase *tests = tcase_create("executor");

    tcase_add_checked_fixture(tests, timing_start, NULL); // receives the facts
    add_tests(tests);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
