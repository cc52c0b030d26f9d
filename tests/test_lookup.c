// test_lookup.c - tasks that look up hosts. The test has its own getaddrinfo(),
// which waits at a gate; in the meantime the virtual clock stands still.

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

// A host "no..." does not exist; a host "later..." cannot be looked up for now.
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

// --- Asking ------------------------------------------------------------------

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

START_TASK_TEST(the_same_question_is_asked_once)
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
    ck_assert_await(seek("pig"), 0); // from the cache
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

START_TASK_TEST(other_hosts_do_not_wait_for_it)
{
    struct group group = { 0 };

    spawn(&group, seek, "cow", "");
    spawn(&group, seek, "pig", "");
    spawn(&group, seek, "dog", "");
    spawn(&group, seek_elsewhere, "dog", ""); // a port of its own
    for (int i = 0; i < 4; i++)
        ck_assert_await(one_arrives(), 0); // four questions at a time
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

START_TASK_TEST(an_error_is_shared_as_well)
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

START_TASK_TEST(temporary_failures_are_asked_again)
{
    let_pass(2);
    ck_assert_await(seek("later"), ERROR_LOOKUP);
    ck_assert_await(seek("later"), ERROR_LOOKUP);
    ck_assert_int_eq(atomic_load(&asked), 2);
    return DONE;
}
END_TEST

// --- Cancelling --------------------------------------------------------------

START_TASK_TEST(the_first_asker_is_cancelled)
{
    struct group group = { 0 };
    struct group cancelled = { 0 };

    spawn(&cancelled, seek, "pig", ""); // starts the look-up
    spawn(&group, seek, "pig", "");
    spawn(&group, seek, "pig", "");
    ck_assert_await(one_arrives(), 0);
    group_cancel(&cancelled);
    ck_assert_await(group_wait(&cancelled), 0);
    ck_assert_story("pig cancelled ");
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig cancelled pig 0 pig 0 ");
    ck_assert_int_eq(atomic_load(&asked), 1); // the look-up went on
    return DONE;
}
END_TEST

START_TASK_TEST(a_second_asker_is_cancelled)
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

START_TASK_TEST(a_deadline_of_the_first_asker)
{
    struct group group = { 0 };

    spawn(&group, seek_for_a_second, "pig", "");
    ck_assert_await(one_arrives(), 0);
    clock_jump(1);
    ck_assert_await(group_wait(&group), 0);
    spawn(&group, seek, "pig", ""); // the old look-up still runs
    ck_assert_await(task_yield(), 0);
    let_pass(1);
    ck_assert_await(group_wait(&group), 0);
    ck_assert_story("pig cancelled pig 0 ");
    ck_assert_int_eq(atomic_load(&asked), 1);
    return DONE;
}
END_TEST

// The thread finishes the look-up after all tasks have gone, and async_run()
// waits for the thread.
START_TASK_TEST(all_askers_are_cancelled)
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
    tcase_add_loop_test(tests, the_same_question_is_asked_once, 0, KINDS);
    tcase_add_loop_test(tests, other_hosts_do_not_wait_for_it, 0, KINDS);
    tcase_add_test(tests, an_error_is_shared_as_well);
    tcase_add_test(tests, temporary_failures_are_asked_again);
    tcase_add_loop_test(tests, the_first_asker_is_cancelled, 0, KINDS);
    tcase_add_loop_test(tests, a_second_asker_is_cancelled, 0, KINDS);
    tcase_add_test(tests, a_deadline_of_the_first_asker);
    tcase_add_test(tests, all_askers_are_cancelled);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
