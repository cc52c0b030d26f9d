// test_lookup.c - tasks that ask for hosts, of a name server that answers when
// we want it to: getaddrinfo() is ours here. The virtual clock stands still
// meanwhile.

#include "gate.h"

#include "errors.h"
#include "net.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>

// --- The name server ---------------------------------------------------------

static atomic_int asked;

static const struct sockaddr_in found_address = { .sin_family = AF_INET };
static const struct addrinfo found_info = {
    .ai_family = AF_INET,
    .ai_addrlen = sizeof(found_address),
    .ai_addr = (struct sockaddr *)&found_address,
};

// Hosts whose names begin with "no" do not exist; with "later", not yet.
int getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **found)
{
    (void)service;
    (void)hints;
    atomic_fetch_add(&asked, 1);
    if (!pass_gate())
        return EAI_FAIL;
    if (strncmp(host, "no", 2) == 0)
        return EAI_NONAME;
    if (strncmp(host, "later", 5) == 0)
        return EAI_AGAIN;
    *found = (struct addrinfo *)&found_info;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    ck_assert_ptr_eq(found, &found_info);
}

static void tear_down(void)
{
    net_forget();
}

// --- Who asks ----------------------------------------------------------------

static struct url url_of(const char *host, unsigned short port)
{
    return (struct url){
        .host = { host, strlen(host) },
        .port = port,
    };
}

static async_int seek(void *host)
{
    struct url url = url_of(host, 80);
    const struct address *address = NULL;

    int n = await(look_up(&url, 0, &address));
    tell("%s %s", (const char *)host, outcome(n));
    ck_assert(n != 0 || address != NULL);
    return (async_int){ n };
}

START_TASK_TEST(who_asks_for_the_same_shares)
{
    struct group group = { 0 };

    for (int i = 0; i < 5; i++)
        spawn(&group, seek, "pig", "");
    ck_assert_await(one_arrives(), 0);
    for (int i = 0; i < 20; i++)
        ck_assert_await(task_yield(), 0);
    ck_assert_story("");
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig 0 pig 0 pig 0 pig 0 pig 0 ");
    ck_assert_await(seek("pig"), 0); // known by now
    ck_assert_int_eq(atomic_load(&asked), 1);
    return DONE;
}
END_TEST

static async_int seek_elsewhere(void *host)
{
    struct url url = url_of(host, 81);
    const struct address *address;

    return (async_int){ await(look_up(&url, 0, &address)) };
}

START_TASK_TEST(others_do_not_wait_for_it)
{
    struct group group = { 0 };

    spawn(&group, seek, "cow", "");
    spawn(&group, seek, "pig", "");
    spawn(&group, seek, "dog", "");
    spawn(&group, seek_elsewhere, "dog", ""); // another port, another question
    for (int i = 0; i < 4; i++)
        ck_assert_await(one_arrives(), 0); // all at the same time
    let_pass(4);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_int_eq(atomic_load(&asked), 4);
    return DONE;
}
END_TEST

static async_int seek_in_vain(void *host)
{
    await(seek(host));
    return DONE;
}

START_TASK_TEST(an_error_is_everybody_s)
{
    struct group group = { 0 };
    char expected[64];

    spawn(&group, seek_in_vain, "nobody", "");
    spawn(&group, seek_in_vain, "nobody", "");
    ck_assert_await(one_arrives(), 0);
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    snprintf(expected, sizeof(expected), "nobody %d nobody %d ",
        ERROR_NO_SUCH_HOST, ERROR_NO_SUCH_HOST);
    ck_assert_story(expected);
    ck_assert_await(seek("nobody"), ERROR_NO_SUCH_HOST);
    ck_assert_int_eq(atomic_load(&asked), 1);
    return DONE;
}
END_TEST

START_TASK_TEST(what_failed_for_now_is_asked_again)
{
    let_pass(2);
    ck_assert_await(seek("later"), ERROR_LOOKUP);
    ck_assert_await(seek("later"), ERROR_LOOKUP);
    ck_assert_int_eq(atomic_load(&asked), 2);
    return DONE;
}
END_TEST

// --- Cancelling --------------------------------------------------------------

START_TASK_TEST(who_asked_is_cancelled)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn(&cancelled, seek, "pig", ""); // for all
    spawn(&group, seek, "pig", "");
    spawn(&group, seek, "pig", "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_story("pig cancelled ");
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig cancelled pig 0 pig 0 ");
    ck_assert_int_eq(atomic_load(&asked), 1); // the question went on
    return DONE;
}
END_TEST

START_TASK_TEST(who_waits_for_the_answer_is_cancelled)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn(&group, seek, "pig", "");
    spawn(&cancelled, seek, "pig", "");
    spawn(&group, seek, "pig", "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_story("pig cancelled ");
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig cancelled pig 0 pig 0 ");
    ck_assert_int_eq(atomic_load(&asked), 1);
    return DONE;
}
END_TEST

static async_int seek_for_a_second(void *host)
{
    ck_assert_int_eq(await_within(1, seek(host)), -ETIMEDOUT);
    return DONE;
}

START_TASK_TEST(a_deadline_of_who_asked)
{
    struct group group = { 0 };

    spawn(&group, seek_for_a_second, "pig", "");
    ck_assert_await(one_arrives(), 0);
    clock_jump(1);
    ck_assert_await(group_wait(&group), 0);
    spawn(&group, seek, "pig", ""); // the old question is still under way
    ck_assert_await(task_yield(), 0);
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig cancelled pig 0 ");
    ck_assert_int_eq(atomic_load(&asked), 1);
    return DONE;
}
END_TEST

// All who asked have gone; the thread has its answer later, and async_run()
// waits for it.
START_TASK_TEST(all_are_cancelled)
{
    struct group group = { 0 };

    for (int i = 0; i < 3; i++)
        spawn(&group, seek, "pig", "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&group);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig cancelled pig cancelled pig cancelled ");
    let_pass(1);
    return DONE;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lookup");
    TCase *tests = tcase_create("lookup");

    tcase_add_checked_fixture(tests, on_virtual_clock, NULL);
    tcase_add_checked_fixture(tests, open_gate, tear_down);
    tcase_add_loop_test(tests, who_asks_for_the_same_shares, 0, KINDS);
    tcase_add_loop_test(tests, others_do_not_wait_for_it, 0, KINDS);
    tcase_add_test(tests, an_error_is_everybody_s);
    tcase_add_test(tests, what_failed_for_now_is_asked_again);
    tcase_add_loop_test(tests, who_asked_is_cancelled, 0, KINDS);
    tcase_add_loop_test(tests, who_waits_for_the_answer_is_cancelled, 0, KINDS);
    tcase_add_test(tests, a_deadline_of_who_asked);
    tcase_add_test(tests, all_are_cancelled);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
