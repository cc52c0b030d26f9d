// test_loop.c - the event loop of stage 4, rule by rule: on both selectors, and
// on the virtual clock unless a test needs a descriptor or real time.

#include "clock.h"
#include "engine.h"
#include "fetch.h"
#include "interrupt.h"
#include "loop.h"
#include "must.h"
#include "pipe.h"
#include "sanitizers.h"
#include "timing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOUR = 3600 };

// Count every allocation of this program: with glibc, a program may define
// malloc() and call glibc's own. A sanitizer brings its own malloc().
#if defined(__GLIBC__) && !defined(ASAN) && !defined(TSAN)
#define COUNTS_ALLOCATIONS
static int allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#endif

// The events in order: callbacks append a letter each.
static char said[1 << 16];

static void say(const char *text)
{
    ck_assert_uint_lt(strlen(said) + strlen(text), sizeof(said));
    strcat(said, text);
}

// A callback that appends its argument.
static void speak(void *text)
{
    say(text);
}

static void never(void *unused)
{
    (void)unused;
    ck_abort_msg("called after its cancel");
}

// Connected pairs: a byte written to [1] can be read from [0].
static int a[2];
static int b[2];
static struct loop_watch on_a;
static struct loop_watch on_b;
static struct loop_call calls[8]; // as many as any test needs

static void start(const char *kind)
{
    timing_start(); // receives the facts
    ck_assert_int_eq(loop_init(kind), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
}

static void start_virtual(const char *kind)
{
    setenv("CLOCK", "virtual", 1);
    start(kind);
}

static void make_ready(int pair[2])
{
    ck_assert_int_eq((int)write(pair[1], "x", 1), 1);
}

// make_ready() as a callback.
static void write_byte(void *pair)
{
    make_ready(pair);
}

// Runs the loop to its end, and compares the events of the whole test.
static void run(const char *expected)
{
    ck_assert_int_eq(loop_run(), 0);
    ck_assert_str_eq(said, expected);
}

static void stop(void)
{
    loop_free();
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

// --- Rules 1 and 5: when, and in which order ---------------------------------

START_TEST(calls_come_in_order)
{
    start_virtual(kinds[_i]);
    loop_after(&calls[0], 3, speak, "d");
    loop_after(&calls[1], 1, speak, "b");
    loop_pause(&calls[2], 2, speak, "c");
    loop_soon(&calls[3], speak, "a");
    loop_at(&calls[4], 3, speak, "e"); // same moment: as armed
    loop_pause(&calls[5], 3, speak, "f");
    loop_after(&calls[6], 3, speak, "g");
    run("abcdefg");
    ck_assert_double_eq_tol(clock_now(), 3, 1e-9);
    stop();
}
END_TEST

START_TEST(overdue_calls_come_in_order)
{
    start_virtual(kinds[_i]);
    loop_after(&calls[0], 2, speak, "c");
    loop_pause(&calls[1], 1, speak, "b");
    loop_at(&calls[2], -1, speak, "A"); // a past deadline is now
    loop_after(&calls[3], -1, speak, "a");
    clock_jump(5);
    loop_at(&calls[4], 4, speak, "d");
    run("Aabcd");
    stop();
}
END_TEST

static double due[1000];
static int num_fired;

static void on_time(void *deadline)
{
    ck_assert_double_ge(clock_now(), *(double *)deadline);
    ck_assert_double_le(clock_now(), *(double *)deadline + 1e-6);
    num_fired++;
}

START_TEST(a_thousand_in_random_order)
{
    static struct loop_call many[1000];

    start_virtual(kinds[_i]);
    srand(4);
    for (int i = 0; i < 1000; i++) {
        due[i] = rand() % 500 * 0.01;
        loop_after(&many[i], due[i], on_time, &due[i]);
    }
    for (int i = 0; i < 1000; i += 3)
        loop_cancel(&many[i]);
    for (int i = 0; i < 1000; i += 5) {
        due[i] = rand() % 500 * 0.01;
        loop_pause(&many[i], due[i], on_time, &due[i]); // armed or not
    }
    run("");
    ck_assert_int_eq(num_fired, 1000 - 334 + 67);
    stop();
}
END_TEST

static void on_real_time(void *since)
{
    ck_assert_double_ge(clock_now(), *(double *)since + 0.02);
    say("x");
}

START_TEST(a_call_is_never_early)
{
    double since = clock_now();

    start(kinds[_i]);
    loop_after(&calls[0], 0.02, on_real_time, &since);
    loop_pause(&calls[1], 0.0205, on_real_time, &since);
    run("xx");
    stop();
    ck_assert_double_le(fact("turns"), 4); // the loop does not spin
}
END_TEST

static void dawdle(void *unused)
{
    double end = clock_now() + 0.02;

    (void)unused;
    while (clock_now() < end)
        ;
    due[0] = clock_now();
    loop_after(&calls[1], 0.02, on_real_time, &due[0]);
}

// Does a delay start at the arming, or when the turn of the loop began?
START_TEST(a_delay_starts_at_the_arming)
{
    start(kinds[_i]);
    loop_soon(&calls[0], dawdle, NULL);
    run("x");
    stop();
    ck_assert_double_ge(fact("longest_callback_ms"), 20);
}
END_TEST

static void read_a(void *unused)
{
    char byte;

    (void)unused;
    ck_assert_int_eq((int)read(a[0], &byte, 1), 1);
    say("a");
}

START_TEST(first_the_calls_then_the_watches)
{
    start(kinds[_i]);
    make_ready(a);
    loop_on_fd(&on_a, a[0], SELECT_READ, read_a, NULL);
    loop_soon(&calls[0], speak, "1");
    loop_after(&calls[1], 0, speak, "2");
    run("12a");
    stop();
}
END_TEST

START_TEST(waits_for_reading_and_writing)
{
    start(kinds[_i]);
    loop_on_fd(&on_a, a[0], SELECT_READ, read_a, NULL);
    loop_on_fd(&on_b, b[0], SELECT_READ | SELECT_WRITE, speak, "b");
    make_ready(a);
    ck_assert_int_eq(loop_run(), 0);
    ck_assert_uint_eq(strlen(said), 2); // in either order
    stop();
}
END_TEST

// --- Rule 2: never from inside the arming call -------------------------------

static int depth;

static void nested(void *more)
{
    ck_assert_int_eq(depth++, 0);
    say("x");
    if (more != NULL) {
        loop_soon(&calls[0], nested, NULL);
        loop_after(&calls[1], 0, nested, NULL);
        loop_after(&calls[2], -1, nested, NULL);
        loop_pause(&calls[3], 0, nested, NULL);
        loop_on_fd(&on_a, a[0], SELECT_WRITE, nested, NULL); // ready now
        ck_assert_str_eq(said, "x");
    }
    depth--;
}

START_TEST(never_from_inside_the_call_that_arms)
{
    start(kinds[_i]);
    loop_soon(&calls[4], nested, "more");
    ck_assert_str_eq(said, "");
    run("xxxxxx");
    stop();
}
END_TEST

// --- Rule 3: each fires once, and none starves -------------------------------

START_TEST(everything_fires_once)
{
    start(kinds[_i]);
    make_ready(a); // the byte is never read
    loop_on_fd(&on_a, a[0], SELECT_READ, speak, "a");
    loop_after(&calls[0], 0.01, speak, "b");
    run("ab");
    stop();
}
END_TEST

static int left; // how often the greedy callbacks still re-arm themselves

static void soon_again(void *call)
{
    if (left-- > 0)
        loop_soon(call, soon_again, call);
}

static void at_once_again(void *call)
{
    if (left-- > 0)
        loop_after(call, 0, at_once_again, call);
}

static void pause_again(void *call)
{
    if (left-- > 0)
        loop_pause(call, 0, pause_again, call);
}

// Its deadline is always past, and before the deadline of any other call.
static void overdue_again(void *call)
{
    if (left-- > 0)
        loop_at(call, -1, overdue_again, call);
}

static void stays_ready(void *unused)
{
    if (left-- > 0)
        loop_on_fd(&on_a, a[0], SELECT_WRITE, stays_ready, unused);
}

// The other callbacks must run long before the greedy one has finished.
static void in_time(void *unused)
{
    (void)unused;
    ck_assert_int_gt(left, 10);
    say("x");
}

static void start_greedy(int kind)
{
    left = 5000;
    if (kind == 0)
        loop_soon(&calls[0], soon_again, &calls[0]);
    else if (kind == 1)
        loop_after(&calls[0], 0, at_once_again, &calls[0]);
    else if (kind == 2)
        loop_pause(&calls[0], 0, pause_again, &calls[0]);
    else if (kind == 3)
        loop_at(&calls[0], -1, overdue_again, &calls[0]);
    else
        loop_on_fd(&on_a, a[0], SELECT_WRITE, stays_ready, NULL);
}

enum { GREEDY = 5 };

START_TEST(no_callback_starves)
{
    start(kinds[_i % KINDS]);
    start_greedy(_i / KINDS);
    make_ready(b);
    loop_soon(&calls[1], in_time, NULL);
    loop_after(&calls[2], 0, in_time, NULL);
    loop_after(&calls[3], 1e-4, in_time, NULL);
    loop_pause(&calls[4], 1e-4, in_time, NULL);
    loop_on_fd(&on_b, b[0], SELECT_READ, in_time, NULL);
    run("xxxxx");
    stop();
    ck_assert_double_ge(fact("turns"), 5000); // each time a turn of its own
}
END_TEST

// Can a call that re-arms itself for this moment starve the others?
START_TEST(no_callback_starves_at_one_moment)
{
    start_virtual(kinds[_i % KINDS]);
    clock_jump(1);
    loop_after(&calls[1], 0, in_time, NULL);
    start_greedy(_i / KINDS);
    loop_after(&calls[2], 0, in_time, NULL);
    loop_pause(&calls[3], 0, in_time, NULL);
    loop_soon(&calls[4], in_time, NULL);
    run("xxxx");
    stop();
}
END_TEST

static void rearm_once(void *kind)
{
    say("1");
    if (kind == NULL)
        loop_soon(&calls[0], speak, "2");
    else
        loop_pause(&calls[0], 0, speak, "2");
    loop_soon(&calls[1], speak, "3");
}

START_TEST(arming_again_is_for_the_next_turn)
{
    start_virtual(kinds[_i]);
    loop_soon(&calls[0], rearm_once, NULL);
    run("123");
    loop_after(&calls[0], 0, rearm_once, "pause");
    ck_assert_int_eq(loop_run(), 0);
    ck_assert_uint_eq(strlen(said), 6);
    stop();
    ck_assert_double_eq(fact("turns"), 2);
}
END_TEST

START_TEST(arming_again_moves)
{
    start_virtual(kinds[_i]);
    loop_after(&calls[0], 1, never, NULL);
    loop_after(&calls[0], 2, never, NULL);
    loop_pause(&calls[0], 3, speak, "x"); // to a later moment
    loop_pause(&calls[1], HOUR, never, NULL);
    loop_soon(&calls[1], speak, "y"); // to an earlier moment
    run("yx");
    ck_assert_double_eq_tol(clock_now(), 3, 1e-9);
    stop();
}
END_TEST

static void move_the_other(void *unused)
{
    (void)unused;
    say("m");
    loop_after(&calls[1], 1, speak, "x");
}

START_TEST(a_due_call_can_be_moved)
{
    start_virtual(kinds[_i]);
    loop_after(&calls[0], 0, move_the_other, NULL);
    loop_after(&calls[1], 0, never, NULL);
    loop_after(&calls[2], 0, speak, "y");
    run("myx");
    stop();
}
END_TEST

START_TEST(a_watch_moves_too)
{
    start(kinds[_i]);
    loop_on_fd(&on_a, a[0], SELECT_WRITE, never, NULL);
    loop_on_fd(&on_a, a[0], SELECT_READ, never, NULL); // another interest
    loop_on_fd(&on_a, a[0], SELECT_READ, speak, "a"); // another function
    make_ready(a);
    run("a");
    loop_on_fd(&on_a, a[0], SELECT_READ, never, NULL);
    loop_on_fd(&on_a, b[0], SELECT_READ, speak, "b"); // another descriptor
    loop_after(&calls[0], 0.01, write_byte, b);
    run("ab");
    stop();
}
END_TEST

// --- Rule 4: never after a cancel --------------------------------------------

START_TEST(cancelling_unarmed_calls_and_watches)
{
    start(kinds[_i]);
    loop_cancel(&calls[0]);
    loop_cancel_fd(&on_a);
    loop_forget(&on_a, a[0]);
    loop_forget(&on_a, -1); // no descriptor
    loop_soon(&calls[0], speak, "x");
    loop_on_fd(&on_a, a[0], SELECT_WRITE, speak, "y");
    run("xy");
    loop_cancel(&calls[0]); // both have fired
    loop_cancel_fd(&on_a);
    run("xy");
    stop();
}
END_TEST

static void cancel_all_others(void *me)
{
    say("x");
    for (int i = 0; i < 8; i++)
        loop_cancel(&calls[i]); // the running call too
    if (me != &on_a)
        loop_cancel_fd(&on_a);
    if (me != &on_b)
        loop_cancel_fd(&on_b);
}

START_TEST(a_call_cancels_due_calls_and_ready_watches)
{
    start(kinds[_i]);
    make_ready(a);
    loop_on_fd(&on_a, a[0], SELECT_READ, never, NULL);
    loop_soon(&calls[0], cancel_all_others, NULL);
    loop_soon(&calls[1], never, NULL);
    loop_after(&calls[2], 0, never, NULL);
    loop_pause(&calls[3], 0, never, NULL);
    loop_pause(&calls[4], HOUR, never, NULL);
    run("x");
    stop();
}
END_TEST

// Two watches are ready, and the first that is called cancels the other.
START_TEST(a_watch_cancels_a_ready_watch)
{
    start(kinds[_i]);
    make_ready(a);
    make_ready(b);
    loop_on_fd(&on_a, a[0], SELECT_READ, cancel_all_others, &on_a);
    loop_on_fd(&on_b, b[0], SELECT_READ, cancel_all_others, &on_b);
    loop_pause(&calls[0], HOUR, never, NULL);
    loop_after(&calls[1], HOUR, never, NULL);
    run("x");
    stop();
}
END_TEST

static int fresh[2];
static struct loop_watch on_fresh;

// Closes the other descriptor, which has a pending event, and opens a new one
// with the same number.
static void use_again(void *me)
{
    int *other = me == &on_a ? b : a;
    int number = other[0];

    say("x");
    loop_forget(me == &on_a ? &on_b : &on_a, number);
    close(number);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fresh), 0);
    if (fresh[0] != number) {
        ck_assert_int_eq(dup2(fresh[0], number), number);
        close(fresh[0]);
    }
    close(other[1]);
    other[1] = fresh[1];
    loop_on_fd(&on_fresh, number, SELECT_READ, speak, "y");
    loop_after(&calls[0], 0.01, speak, "-");
    loop_after(&calls[1], 0.02, write_byte, other);
}

// Can a descriptor get the event of a closed one that had the same number?
START_TEST(a_number_is_used_again_in_the_round)
{
    start(kinds[_i]);
    make_ready(a);
    make_ready(b);
    loop_on_fd(&on_a, a[0], SELECT_READ, use_again, &on_a);
    loop_on_fd(&on_b, b[0], SELECT_READ, use_again, &on_b);
    run("x-y");
    stop();
}
END_TEST

static struct loop_watch crowd[20];
static int crowd_fds[20][2];
static bool gone[20];

// Each watch that is called removes one at random, often a ready one.
static void cull(void *me)
{
    int i = (int)((struct loop_watch *)me - crowd);
    int victim = rand() % 20;

    ck_assert(!gone[i]);
    gone[victim] = true;
    if (victim % 2)
        loop_cancel_fd(&crowd[victim]);
    else
        loop_forget(&crowd[victim], crowd_fds[victim][0]);
    if (!gone[i])
        loop_on_fd(me, crowd_fds[i][0], SELECT_WRITE, cull, me);
}

START_TEST(a_removed_watch_is_never_called)
{
    start(kinds[_i]);
    srand(1);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, crowd_fds[i]), 0);
        loop_on_fd(&crowd[i], crowd_fds[i][0], SELECT_WRITE, cull, &crowd[i]);
    }
    run("");
    for (int i = 0; i < 20; i++) {
        ck_assert(gone[i]);
        close(crowd_fds[i][0]);
        close(crowd_fds[i][1]);
    }
    stop();
}
END_TEST

// --- Rule 6: no allocations, and the errors ----------------------------------

#ifdef COUNTS_ALLOCATIONS
enum { BUSY = 100, STEPS = 20000 };

static struct {
    struct loop_watch watch;
    struct loop_call call;
    int fds[2];
} busy[BUSY];
static int steps; // still to make
static int num_watched;
static int num_called;

static void watched(void *unused);
static void called(void *unused);

// (must(), because the asserts of Check allocate.)
static void open_pair(int i)
{
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, busy[i].fds) == 0);
    must(write(busy[i].fds[1], "x", 1) == 1);
}

static void close_pair(int i)
{
    loop_forget(&busy[i].watch, busy[i].fds[0]);
    close(busy[i].fds[0]);
    close(busy[i].fds[1]);
}

// Arms, moves or cancels a random call or watch.
static void step(void)
{
    int i = rand() % BUSY;
    int interest = rand() % 3 + 1;
    int error = 0;

    switch (rand() % 8) {
    case 0: loop_soon(&busy[i].call, called, NULL); break;
    case 1: loop_at(&busy[i].call, -1, called, NULL); break;
    case 2: loop_after(&busy[i].call, rand() % 9, called, NULL); break;
    case 3: loop_pause(&busy[i].call, rand() % 9, called, NULL); break;
    case 4: loop_cancel(&busy[i].call); break;
    case 5: loop_cancel_fd(&busy[i].watch); break;
    case 6:
        close_pair(i);
        open_pair(i);
        break;
    default:
        error =
            loop_on_fd(&busy[i].watch, busy[i].fds[0], interest, watched, NULL);
    }
    must(error == 0);
}

static void go_on(void)
{
    for (int i = 0; i < 3 && steps > 0; i++, steps--)
        step();
}

static void watched(void *unused)
{
    (void)unused;
    num_watched++;
    go_on();
}

static void called(void *unused)
{
    (void)unused;
    num_called++;
    go_on();
}

START_TEST(waiting_allocates_nothing)
{
    steps = STEPS;
    srand(6);
    allocations = 0;
    start_virtual(kinds[_i]);
    ck_assert_int_gt(allocations, 0); // loop_init() has been counted
    allocations = 0;
    for (int i = 0; i < BUSY; i++) {
        open_pair(i);
        loop_soon(&busy[i].call, called, NULL);
    }
    int error = loop_run();
    int counted = allocations;
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(counted, 0);
    ck_assert_int_eq(steps, 0);
    ck_assert_int_gt(num_watched, STEPS / 20);
    ck_assert_int_gt(num_called, STEPS / 20);
    for (int i = 0; i < BUSY; i++)
        close_pair(i);
    stop();
}
END_TEST
#endif

START_TEST(descriptors_that_the_kernel_refuses)
{
    int file = open("/etc/passwd", O_RDONLY);

    start(kinds[_i]);
    ck_assert_int_eq(loop_on_fd(&on_a, -1, SELECT_READ, never, NULL), -EMFILE);
    if (strcmp(kinds[_i], "epoll") == 0) // poll() takes a file as ready
        ck_assert_int_eq(
            loop_on_fd(&on_a, file, SELECT_READ, never, NULL), -EPERM);
    run(""); // nothing is armed
    close(file);
    stop();
}
END_TEST

START_TEST(an_unknown_selector)
{
    int lowest = dup(0);

    close(lowest);
    ck_assert_int_eq(loop_init("carrier pigeon"), -EINVAL);
    loop_free();
    int again = dup(0);
    ck_assert_int_eq(again, lowest); // no descriptor was left behind
    close(again);
    ck_assert_int_eq(loop_init(NULL), 0);
    loop_free();
}
END_TEST

// --- Rule 7: the loop's end --------------------------------------------------

START_TEST(ends_when_nothing_is_armed)
{
    start(kinds[_i]);
    run("");
    loop_soon(&calls[0], cancel_all_others, NULL); // disarms the rest
    loop_after(&calls[1], HOUR, never, NULL);
    loop_on_fd(&on_a, a[0], SELECT_READ, never, NULL);
    run("x");
    stop();
    ck_assert_double_le(fact("turns"), 2);
}
END_TEST

// Does the event of a cancelled watch keep the loop going, or busy?
START_TEST(a_stale_watch_neither_holds_the_loop_nor_spins)
{
    start(kinds[_i]);
    make_ready(a);
    loop_on_fd(&on_a, a[0], SELECT_READ, never, NULL);
    loop_cancel_fd(&on_a);
    run("");
    loop_on_fd(&on_a, a[0], SELECT_READ, never, NULL);
    loop_cancel_fd(&on_a);
    loop_after(&calls[0], 0.05, speak, "x");
    run("x");
    loop_on_fd(&on_a, a[0], SELECT_READ, read_a, NULL); // armed again
    run("xa");
    stop();
    ck_assert_double_le(fact("turns"), 6);
}
END_TEST

// --- Rule 8: other threads ---------------------------------------------------

static int ends[2];

static void *poke_later(void *unused)
{
    poll(NULL, 0, 20);
    pipe_poke(ends[1]);
    return unused;
}

static void drain(void *unused)
{
    (void)unused;
    pipe_drain(ends[0]);
    say("p");
    loop_cancel(&calls[0]);
}

START_TEST(another_thread_pokes)
{
    pthread_t thread;

    start(kinds[_i]);
    ck_assert_int_eq(pipe_open(ends), 0);
    for (int early = 0; early < 2; early++) {
        loop_on_fd(&on_a, ends[0], SELECT_READ, drain, NULL);
        loop_after(&calls[0], HOUR, never, NULL);
        ck_assert_int_eq(pthread_create(&thread, NULL, poke_later, NULL), 0);
        if (early)
            pthread_join(thread, NULL); // the byte comes before the wait
        run(early ? "pp" : "p");
        if (!early)
            pthread_join(thread, NULL);
    }
    pipe_close(ends);
    stop();
    ck_assert_double_le(fact("turns"), 4);
}
END_TEST

// --- Ctrl-C ------------------------------------------------------------------

static void press(void *unused)
{
    (void)unused;
    raise(SIGINT); // after the loop's checks, before its wait
    say("!");
}

static void start_interruptible(const char *kind)
{
    ck_assert_int_eq(interrupt_init(), 0);
    start(kind);
}

static void cancel_1(void *unused)
{
    (void)unused;
    loop_cancel(&calls[1]);
}

START_TEST(ctrl_c_ends_pauses_in_order)
{
    start_interruptible(kinds[_i]);
    loop_pause(&calls[0], 2 * HOUR, speak, "b");
    loop_pause(&calls[1], HOUR, speak, "a");
    loop_pause(&calls[2], HOUR, never, NULL);
    loop_cancel(&calls[2]);
    loop_after(&calls[3], 0.03, speak, "z"); // Ctrl-C does not end it
    loop_soon(&calls[4], press, NULL);
    run("!abz");
    stop();
    ck_assert_double_le(fact("turns"), 5);
    interrupt_free();
}
END_TEST

START_TEST(ctrl_c_ends_the_longest_pause)
{
    start_interruptible(kinds[_i]);
    loop_pause(&calls[0], CLOCK_NEVER, speak, "a");
    loop_after(&calls[1], CLOCK_NEVER, never, NULL);
    loop_after(&calls[2], 0.03, cancel_1, NULL);
    loop_soon(&calls[3], press, NULL);
    run("!a");
    stop();
    interrupt_free();
}
END_TEST

START_TEST(ctrl_c_before_the_loop_runs)
{
    start_interruptible(kinds[_i]);
    loop_pause(&calls[0], HOUR, speak, "a");
    raise(SIGINT);
    loop_pause(&calls[1], HOUR, speak, "b"); // new pauses end at once
    ck_assert_int_eq(loop_run(), 0);
    ck_assert_uint_eq(strlen(said), 2);
    stop();
    interrupt_free();
}
END_TEST

START_TEST(ctrl_c_before_the_loop_is_made)
{
    ck_assert_int_eq(interrupt_init(), 0);
    raise(SIGINT);
    start(kinds[_i]);
    loop_pause(&calls[0], HOUR, speak, "a");
    run("a");
    stop();
    interrupt_free();
}
END_TEST

static void pause_for_an_hour_again(void *call)
{
    if (left-- > 0)
        loop_pause(call, HOUR, pause_for_an_hour_again, call);
}

// After Ctrl-C a pause ends at once. Can a callback that pauses again and again
// starve the others?
START_TEST(ctrl_c_lets_no_callback_starve)
{
    left = 1000;
    start_interruptible(kinds[_i]);
    loop_pause(&calls[0], HOUR, pause_for_an_hour_again, &calls[0]);
    loop_pause(&calls[1], 2 * HOUR, in_time, NULL);
    loop_after(&calls[2], 1e-4, in_time, NULL);
    loop_on_fd(&on_a, a[0], SELECT_WRITE, in_time, NULL);
    loop_soon(&calls[3], press, NULL);
    run("!xxx");
    stop();
    interrupt_free();
}
END_TEST

static void *press_later(void *main_thread)
{
    poll(NULL, 0, 20);
    pthread_kill(*(pthread_t *)main_thread, SIGINT);
    return NULL;
}

START_TEST(ctrl_c_ends_the_wait)
{
    pthread_t self = pthread_self();
    pthread_t thread;

    start_interruptible(kinds[_i]);
    loop_pause(&calls[0], HOUR, speak, "a");
    ck_assert_int_eq(pthread_create(&thread, NULL, press_later, &self), 0);
    run("a");
    pthread_join(thread, NULL);
    stop();
    ck_assert_double_le(fact("turns"), 3);
    interrupt_free();
}
END_TEST

// --- A fetch on the loop -----------------------------------------------------

static bool returned;

static void done(void *f)
{
    ck_assert(returned);
    ck_assert_int_eq(((struct fetch *)f)->error, -EMFILE);
    say("d");
}

// Is done() called by the loop even if the fetch fails before it has a socket?
START_TEST(done_is_queued)
{
    struct url url;
    struct span span = { .task = 0 };
    struct fetch f = {
        .url = &url, .timeout = HOUR, .span = &span, .done = done, .arg = &f
    };
    struct rlimit limit;

    start(kinds[_i]);
    ck_assert_int_eq(url_parse_typed(&url, "127.0.0.1:1"), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit none = { .rlim_max = limit.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    fetch(&f);
    returned = true;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_str_eq(said, "");
    run("d");
    url_free(&url);
    net_forget();
    stop();
}
END_TEST

static void add_tests_of_descriptors(TCase *tests)
{
    tcase_add_loop_test(tests, first_the_calls_then_the_watches, 0, KINDS);
    tcase_add_loop_test(tests, waits_for_reading_and_writing, 0, KINDS);
    tcase_add_loop_test(tests, a_watch_moves_too, 0, KINDS);
    tcase_add_loop_test(tests, cancelling_unarmed_calls_and_watches, 0, KINDS);
    tcase_add_loop_test(
        tests, a_call_cancels_due_calls_and_ready_watches, 0, KINDS);
    tcase_add_loop_test(tests, a_watch_cancels_a_ready_watch, 0, KINDS);
    tcase_add_loop_test(tests, a_number_is_used_again_in_the_round, 0, KINDS);
    tcase_add_loop_test(tests, a_removed_watch_is_never_called, 0, KINDS);
    tcase_add_loop_test(tests, descriptors_that_the_kernel_refuses, 0, KINDS);
#ifdef COUNTS_ALLOCATIONS
    tcase_add_loop_test(tests, waiting_allocates_nothing, 0, KINDS);
#endif
    tcase_add_test(tests, an_unknown_selector);
    tcase_add_loop_test(tests, ends_when_nothing_is_armed, 0, KINDS);
    tcase_add_loop_test(
        tests, a_stale_watch_neither_holds_the_loop_nor_spins, 0, KINDS);
    tcase_add_loop_test(tests, another_thread_pokes, 0, KINDS);
    tcase_add_loop_test(tests, done_is_queued, 0, KINDS);
}

static void add_tests_of_time(TCase *tests)
{
    tcase_add_loop_test(tests, calls_come_in_order, 0, KINDS);
    tcase_add_loop_test(tests, overdue_calls_come_in_order, 0, KINDS);
    tcase_add_loop_test(tests, a_thousand_in_random_order, 0, KINDS);
    tcase_add_loop_test(tests, a_call_is_never_early, 0, KINDS);
    tcase_add_loop_test(tests, a_delay_starts_at_the_arming, 0, KINDS);
    tcase_add_loop_test(tests, never_from_inside_the_call_that_arms, 0, KINDS);
    tcase_add_loop_test(tests, everything_fires_once, 0, KINDS);
    tcase_add_loop_test(tests, no_callback_starves, 0, GREEDY * KINDS);
    tcase_add_loop_test(
        tests, no_callback_starves_at_one_moment, 0, GREEDY * KINDS);
    tcase_add_loop_test(tests, arming_again_is_for_the_next_turn, 0, KINDS);
    tcase_add_loop_test(tests, arming_again_moves, 0, KINDS);
    tcase_add_loop_test(tests, a_due_call_can_be_moved, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_ends_pauses_in_order, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_ends_the_longest_pause, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_before_the_loop_runs, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_before_the_loop_is_made, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_lets_no_callback_starve, 0, KINDS);
    tcase_add_loop_test(tests, ctrl_c_ends_the_wait, 0, KINDS);
}

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *descriptors = tcase_create("descriptors");
    TCase *time = tcase_create("time");

    add_tests_of_descriptors(descriptors);
    add_tests_of_time(time);
    suite_add_tcase(suite, descriptors);
    suite_add_tcase(suite, time);
    return suite_run(suite);
}
