// test_mailbox.c - letters between threads: no letter is lost, the letters of a
// thread arrive in order, and a letter in the box makes the descriptor readable.

#include "mailbox.h"

#include "suite.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

enum { THREADS = 4, LETTERS = 5000 };

struct letter {
    struct list_link link;
    int thread;
    int number;
};

static struct mailbox box;
static struct letter letters[THREADS][LETTERS];

static bool is_readable(void)
{
    struct pollfd wanted = { .fd = mailbox_fd(&box), .events = POLLIN };
    return poll(&wanted, 1, 0) == 1;
}

static struct letter *take(void)
{
    struct list_link *link = mailbox_take(&box);
    return link != NULL ? LIST_MEMBER(link, struct letter, link) : NULL;
}

START_TEST(readable_while_there_is_a_letter)
{
    struct letter *two = letters[0];

    ck_assert_int_eq(mailbox_open(&box), 0);
    ck_assert(!is_readable());
    ck_assert_ptr_null(take());
    mailbox_put(&box, &two[0].link);
    ck_assert(is_readable());
    mailbox_put(&box, &two[1].link);
    ck_assert_ptr_eq(take(), &two[0]);
    ck_assert(is_readable()); // a reader may take one at a time
    ck_assert_ptr_eq(take(), &two[1]);
    ck_assert(!is_readable());
    ck_assert_ptr_null(take());
    mailbox_put(&box, &two[0].link); // again
    ck_assert(is_readable());
    ck_assert_ptr_eq(take(), &two[0]);
    mailbox_close(&box);
}
END_TEST

static void *put_all(void *arg)
{
    struct letter *own = arg;
    for (int i = 0; i < LETTERS; i++)
        mailbox_put(&box, &own[i].link);
    return NULL;
}

START_TEST(no_letter_is_lost_and_each_thread_s_are_in_order)
{
    pthread_t threads[THREADS];
    int next[THREADS] = { 0 };
    struct letter *letter;

    ck_assert_int_eq(mailbox_open(&box), 0);
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < LETTERS; i++)
            letters[t][i] = (struct letter){ .thread = t, .number = i };
        ck_assert_int_eq(
            pthread_create(&threads[t], NULL, put_all, letters[t]), 0);
    }
    for (int n = 0; n < THREADS * LETTERS;) {
        struct pollfd wanted = { .fd = mailbox_fd(&box), .events = POLLIN };
        ck_assert_int_eq(poll(&wanted, 1, 30000), 1);
        // Sometimes one letter, sometimes all of them.
        while ((letter = take()) != NULL) {
            ck_assert_int_eq(letter->number, next[letter->thread]++);
            n++;
            if (n % 3 == 0)
                break;
        }
    }
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    ck_assert(!is_readable());
    ck_assert_ptr_null(take());
    mailbox_close(&box);
}
END_TEST

START_TEST(without_descriptors)
{
    struct rlimit limit;
    struct rlimit none;

    getrlimit(RLIMIT_NOFILE, &limit);
    none = (struct rlimit){ 3, limit.rlim_max };
    setrlimit(RLIMIT_NOFILE, &none);
    ck_assert_int_eq(mailbox_open(&box), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &limit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mailbox");
    TCase *tests = tcase_create("mailbox");

    tcase_add_test(tests, readable_while_there_is_a_letter);
    tcase_add_test(tests, no_letter_is_lost_and_each_thread_s_are_in_order);
    tcase_add_test(tests, without_descriptors);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
