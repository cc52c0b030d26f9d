// test_stack.c - stacks: slabs, reuse, many at once; and the report when a task
// overflows its stack.

#include "stack.h"

#include "interrupt.h"
#include "sanitizers.h"
#include "story.h"
#include "task.h"

#include <signal.h>
#include <stdint.h>

#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

#ifdef TSAN
enum { MANY = 500, IN_TURN = 5000 }; // the limit of ThreadSanitizer
#else
enum { MANY = 10000, IN_TURN = 100000 };
#endif

// Sanitizers and valgrind report faults themselves, and use memory and stack.
#if defined(ASAN) || defined(TSAN)
#define IS_SANITIZED true
#elif defined(RUNNING_ON_VALGRIND)
#define IS_SANITIZED (RUNNING_ON_VALGRIND > 0)
#else
#define IS_SANITIZED false
#endif

// --- Slabs -------------------------------------------------------------------

enum { STACKS = 200 }; // over three slabs

struct owner {
    char bytes[300];
};

START_TEST(slabs)
{
    static struct owner *owners[STACKS];
    static char *stacks[STACKS];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size;
    void *stack;

    for (int i = 0; i < STACKS; i++) {
        owners[i] = stack_new(sizeof(struct owner), &stack, &size);
        stacks[i] = stack;
        ck_assert_ptr_nonnull(owners[i]);
        for (size_t k = 0; k < sizeof(owners[i]->bytes); k++)
            ck_assert(owners[i]->bytes[k] == 0);
        ck_assert_uint_le(size, (size_t)stack_kib() * 1024);
        ck_assert_uint_ge(size, (size_t)stack_kib() * 1024 - 2 * page);
        ck_assert_uint_eq(size % 16, 0);
        ck_assert_ptr_eq(stacks[i] + size, owners[i]);
        ck_assert_uint_eq((uintptr_t)stacks[i] % page, 0);
        memset(stacks[i], i, size); // every byte is usable
        memset(owners[i], i, sizeof(struct owner));
        ck_assert(stack_guard_contains(stacks[i], stacks[i] - 1));
        ck_assert(stack_guard_contains(stacks[i], stacks[i] - page));
        ck_assert(!stack_guard_contains(stacks[i], stacks[i] - page - 1));
        ck_assert(!stack_guard_contains(stacks[i], stacks[i]));
    }
    for (int i = 0; i < STACKS; i++) { // no two overlap
        ck_assert_int_eq(stacks[i][0], (char)i);
        ck_assert_int_eq(stacks[i][size - 1], (char)i);
        ck_assert_int_eq(owners[i]->bytes[299], (char)i);
    }
#ifdef __linux__
    double touched = stack_kib() * 1024 - (double)page;
    if (getenv("EMULATED") != NULL)
        touched = 0; // qemu does not report this
    ck_assert_double_eq(stack_touched(), touched);
#endif
    stacks_free();
    ck_assert_double_eq(stack_touched(), 0);
    stacks_free();
}
END_TEST

static char *untouchable;

static void touch_the_guard(void)
{
    *(volatile char *)untouchable = 1;
}

// The child has been killed by SIGSEGV, or a sanitizer has reported the fault.
#define ck_assert_fault(call) \
    do { \
        int status = (call); /* some systems' WIFSIGNALED wants a variable */ \
        if (WIFSIGNALED(status)) \
            ck_assert( \
                WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS); \
        else \
            ck_assert(IS_SANITIZED && WEXITSTATUS(status) != 0); \
    } while (0)

START_TEST(guards)
{
    size_t size;
    void *stack;

    for (int i = 0; i < 70; i++) {
        ck_assert_ptr_nonnull(stack_new(100, &stack, &size));
        if (i % 23 != 0)
            continue;
        untouchable = (char *)stack - 1;
        ck_assert_fault(die_of(touch_the_guard));
        untouchable = (char *)stack - sysconf(_SC_PAGESIZE);
        ck_assert_fault(die_of(touch_the_guard));
    }
    stacks_free();
}
END_TEST

// --- Many tasks --------------------------------------------------------------

static uintptr_t stacks_seen[200];
static int num_seen;

// Records the address of this task's locals.
static async_int note_stack(void *local)
{
    uintptr_t here = (uintptr_t)&local;
    int i = 0;

    while (i < num_seen && stacks_seen[i] != here)
        i++;
    ck_assert_int_lt(i, 200);
    stacks_seen[i] = here;
    num_seen += i == num_seen;
    return (async_int){ await(task_yield()) };
}

static long most_memory(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss; // KiB; on macOS bytes
}

START_TASK_TEST(one_after_the_other)
{
    struct group group = { 0 };
    long before = 0;

    for (int i = 0; i < IN_TURN; i++) {
        spawn(&group, note_stack, NULL, "");
        int n = await(group_wait(&group));
        if (n != 0)
            return (async_int){ n };
        if (i == 100)
            before = most_memory();
    }
    ck_assert_int_eq(num_seen, 1); // one stack served all tasks
    if (!IS_SANITIZED)
        ck_assert_int_le(most_memory() - before, 512);
    return DONE;
}
END_TEST

// Do waves of tasks use more stacks than the tasks of one wave?
START_TASK_TEST(wave_after_wave)
{
    struct group group = { 0 };

    for (int wave = 0; wave < 50; wave++) {
        for (int i = 0; i < 64; i++)
            spawn(&group, note_stack, NULL, "");
        ck_assert_await(group_wait(&group), 0);
    }
    ck_assert_int_eq(num_seen, 64);
    return DONE;
}
END_TEST

static async_int pause_long(void *seconds)
{
    return (async_int){ await(task_pause(*(int *)seconds)) };
}

START_TASK_TEST(many_pauses_at_once)
{
    struct group group = { 0 };
    static int seconds[100];

    for (int i = 0; i < MANY; i++) {
        seconds[i % 100] = 1 + i % 100;
        spawn(&group, pause_long, &seconds[i % 100], "");
    }
    ck_assert_await(group_wait(&group), 0);
    ck_assert_now(100);
    return DONE;
}
END_TEST

static int ends[2];
static int served;

// Waits for a descriptor of its own, a copy of ends[0].
static async_int wait_for_byte(void *unused)
{
    int fd = dup(ends[0]);

    (void)unused;
    if (fd == -1)
        return (async_int){ -errno };
    int n = await(readable(fd, CLOCK_NEVER));
    served += n == 0;
    task_close(fd);
    return (async_int){ n };
}

static int many_descriptors(void)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur < MANY + 50 ? (int)limit.rlim_cur - 50 : MANY;
}

START_TASK_TEST(many_descriptors_at_once)
{
    struct group group = { 0 };
    int count = many_descriptors(); // after async_run() has raised the limit

    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < count; i++)
        spawn(&group, wait_for_byte, NULL, "");
    ck_assert_await(task_yield(), 0);
    ck_assert_await(task_yield(), 0);
    ck_assert_int_eq(group.count, count);
    ck_assert_int_eq((int)write(ends[1], "x", 1), 1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_int_eq(served, count);
    return DONE;
}
END_TEST

START_TASK_TEST(many_cancelled_at_once)
{
    struct group group = { 0 };
    int count = many_descriptors();

    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < count; i++)
        spawn(&group, wait_for_byte, NULL, "");
    ck_assert_await(task_yield(), 0);
    ck_assert_await(task_yield(), 0);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_int_eq(served, 0);
    return DONE;
}
END_TEST

// --- A signal on a stack that is nearly full ---------------------------------

// Raises SIGINT when the stack has less room than a signal handler needs.
__attribute__((noinline)) static void press_ctrl_c_below(const char *low)
{
    volatile char frame[200];

    frame[0] = 0;
    if ((const char *)frame - low > 1600)
        press_ctrl_c_below(low);
    else
        raise(SIGINT);
    frame[1] = frame[0];
}

START_TASK_TEST(ctrl_c_with_little_stack_left)
{
    if (IS_SANITIZED)
        return DONE; // the sanitizer needs more stack
    ck_assert_int_eq(interrupt_init(), 0);
    raise(0); // now, because the linker's look-up takes stack, too
    press_ctrl_c_below(async_running->context.stack);
    ck_assert(interrupted());
    interrupt_free();
    return DONE;
}
END_TEST

// --- Overflow ----------------------------------------------------------------

// LARGE is 100 KiB if a stack has 32.
enum { LARGE = (3 * STACK_KIB + 4) * 1024, DEEP = 1 << 20 };

__attribute__((noinline)) static async_int use_a_large_local(void)
{
    char local[LARGE];
    char *volatile bytes = local; // so that the compiler keeps the array

    bytes[0] = 1;
    bytes[LARGE - 1] = 1;
    return (async_int){ bytes[0] };
}

static int recurse(int depth)
{
    volatile char frame[100];

    frame[0] = (char)depth;
    if (depth == 0)
        return 0;
    return recurse(depth - 1) + frame[0];
}

enum { FEED = __LINE__ + 7, DIG = __LINE__ + 14, NEST = __LINE__ + 23 };

static async_int digest(bool is_large);

static async_int feed(void *is_large)
{
    await(task_yield()); // so that other tasks run in between
    return (async_int){ await(digest(is_large != NULL)) };
}

static async_int digest(bool is_large)
{
    if (!is_large)
        return (async_int){ recurse(DEEP) };
    return (async_int){ await(use_a_large_local()) };
}

static async_int nest(int depth)
{
    volatile int n = depth;

    if (n == DEEP)
        return DONE;
    n += await(nest(depth + 1)); // every await takes some stack
    return (async_int){ n };
}

static async_int start_nest(void *unused)
{
    (void)unused;
    return (async_int){ await(nest(0)) };
}

static async_int start_animals(void *large)
{
    struct group group = { 0 };

    for (int i = 0; i < 100; i++)
        spawn(&group, note_stack, NULL, "sheep");
    spawn(&group, feed, large, "pig");
    return (async_int){ await(group_wait(&group)) };
}

static void overflow_by_a_local(void)
{
    async_run(NULL, start_animals, "large");
}

static void overflow_by_recursion(void)
{
    async_run(NULL, start_animals, NULL);
}

static void overflow_by_awaits(void)
{
    async_run(NULL, start_nest, NULL);
}

// Compares line by line, because a sanitizer may print lines in between.
static void assert_stderr(char *lines)
{
    const char *at = stderr_text;

    if (!IS_SANITIZED)
        ck_assert_str_eq(stderr_text, lines);
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
        ck_assert_msg(strstr(at, line) != NULL, "no '%s' in: %.500s", line, at);
        at = strstr(at, line) + strlen(line);
    }
}

START_TEST(a_large_local)
{
    char expected[512];

    ck_assert_fault(die_of(overflow_by_a_local));
    snprintf(expected, sizeof(expected),
        "task 101  feed(pig) has overflowed its stack of %d KiB\n"
        "    test_stack.c:%-4d await(use_a_large_local())\n"
        "    test_stack.c:%-4d await(digest(is_large != NULL))\n"
        "A large local? Deep recursion? make STACK=%d has room.\n",
        stack_kib(), DIG, FEED, 2 * stack_kib());
    assert_stderr(expected);
}
END_TEST

START_TEST(deep_recursion)
{
    char expected[512];

    ck_assert_fault(die_of(overflow_by_recursion));
    snprintf(expected, sizeof(expected),
        "task 101  feed(pig) has overflowed its stack of %d KiB\n"
        "    test_stack.c:%-4d await(digest(is_large != NULL))\n"
        "A large local? Deep recursion? make STACK=%d has room.\n",
        stack_kib(), FEED, 2 * stack_kib());
    assert_stderr(expected);
}
END_TEST

START_TEST(a_deep_nest_of_awaits)
{
    char expected[512];

    ck_assert_fault(die_of(overflow_by_awaits));
    snprintf(expected, sizeof(expected),
        "task 0  start_nest() has overflowed its stack of %d KiB\n"
        "    test_stack.c:%-4d await(nest(depth + 1))\n"
        "    test_stack.c:%-4d await(nest(depth + 1))\n",
        stack_kib(), NEST, NEST);
    if (!IS_SANITIZED && strlen(stderr_text) > strlen(expected))
        stderr_text[strlen(expected)] = '\0'; // more lines of the nest follow
    assert_stderr(expected);
}
END_TEST

static async_int follow_null(void *pointer)
{
    return (async_int){ *(volatile int *)pointer };
}

static void fault(void)
{
    async_run(NULL, follow_null, NULL);
}

// Is any other fault taken for an overflow?
START_TEST(another_fault)
{
    ck_assert_fault(die_of(fault));
    if (!IS_SANITIZED)
        ck_assert_str_eq(stderr_text, "");
    ck_assert_ptr_null(strstr(stderr_text, "overflowed its stack"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stack");
    TCase *many = tcase_create("many");
    TCase *faults = tcase_create("overflow");

    tcase_add_checked_fixture(many, on_virtual_clock, NULL);
    tcase_add_test(many, slabs);
    tcase_add_test(many, one_after_the_other);
    tcase_add_test(many, wave_after_wave);
    tcase_add_loop_test(many, many_pauses_at_once, 0, KINDS);
    tcase_add_loop_test(many, many_descriptors_at_once, 0, KINDS);
    tcase_add_loop_test(many, many_cancelled_at_once, 0, KINDS);
    tcase_add_loop_test(many, ctrl_c_with_little_stack_left, 0, 1);
    tcase_add_test(faults, guards);
    tcase_add_test(faults, a_large_local);
    tcase_add_test(faults, deep_recursion);
    tcase_add_test(faults, a_deep_nest_of_awaits);
    tcase_add_test(faults, another_fault);
    tcase_set_timeout(many, 120);
    tcase_set_timeout(faults, 60);
    suite_add_tcase(suite, many);
    suite_add_tcase(suite, faults);
    return suite_run(suite);
}
