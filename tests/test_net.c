// test_net.c - addresses, results in errno, time limits. The test has its own
// getaddrinfo(), which returns the answer that a test has set.

#include "clock.h"
#include "errors.h"
#include "net.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- The name server -------------------------------------------------------

enum { ADDRESSES = 3 };

static struct {
    struct addrinfo infos[ADDRESSES];
    struct sockaddr_in sockaddrs[ADDRESSES]; // 10.0.0.1, 10.0.0.2, 10.0.0.3
    int code; // result of getaddrinfo()
    int number; // errno after getaddrinfo()
    atomic_int asked; // calls of getaddrinfo()
} server;

int getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **found)
{
    (void)host;
    (void)hints;
    atomic_fetch_add(&server.asked, 1);
    errno = server.number;
    if (server.code != 0)
        return server.code;
    for (int i = 0; i < ADDRESSES; i++) {
        server.sockaddrs[i] = (struct sockaddr_in){
            .sin_family = AF_INET,
            .sin_port = htons((uint16_t)atoi(service)),
            .sin_addr.s_addr = htonl(0x0A000001 + (uint32_t)i),
        };
        server.infos[i] = (struct addrinfo){
            .ai_family = AF_INET,
            .ai_addrlen = sizeof(server.sockaddrs[i]),
            .ai_addr = (struct sockaddr *)&server.sockaddrs[i],
            .ai_next = i + 1 < ADDRESSES ? &server.infos[i + 1] : NULL,
        };
    }
    *found = server.infos;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    ck_assert_ptr_eq(found, server.infos);
}

// Sets the answer. Returns the number of calls since the last answer was set.
static int answer(int code, int number)
{
    server.code = code;
    server.number = number;
    return atomic_exchange(&server.asked, 0);
}

// --- Looking up --------------------------------------------------------------

typedef int lookup(const struct url *url, int try, const struct address **to);

// Returns "127.0.0.1:80", or the text of the error.
static const char *find_by(lookup *look_up, const char *text, int try)
{
    static char found[128];
    const struct address *address;
    struct url url;
    char digits[INET6_ADDRSTRLEN];

    ck_assert_int_eq(url_parse_typed(&url, text), 0);
    int error = look_up(&url, try, &address);
    url_free(&url);
    if (error != 0)
        return error_text(error);
    if (address->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->v4.sin_addr, digits, sizeof(digits));
        snprintf(
            found, sizeof(found), "%s:%d", digits, ntohs(address->v4.sin_port));
    } else {
        inet_ntop(AF_INET6, &address->v6.sin6_addr, digits, sizeof(digits));
        snprintf(found, sizeof(found), "[%s]:%d", digits,
            ntohs(address->v6.sin6_port));
    }
    return found;
}

static const char *find(const char *text, int try)
{
    return find_by(net_lookup_known, text, try);
}

static const char *ask(const char *text, int try)
{
    return find_by(net_lookup, text, try);
}

START_TEST(numeric_hosts_need_no_look_up)
{
    ck_assert_str_eq(find("127.0.0.1", 0), "127.0.0.1:80");
    ck_assert_str_eq(find("127.0.0.1:81", 5), "127.0.0.1:81");
    ck_assert_str_eq(find("[::1]:8080", 1), "[::1]:8080");
    net_forget();
}
END_TEST

START_TEST(names_would_have_to_wait)
{
    ck_assert_str_eq(find("example.com", 0), error_text(-EAGAIN));
    net_forget();
}
END_TEST

START_TEST(addresses_take_turns)
{
    ck_assert_str_eq(ask("farm:81", 0), "10.0.0.1:81");
    ck_assert_str_eq(ask("farm:81", 1), "10.0.0.2:81");
    ck_assert_str_eq(ask("farm:81", 2), "10.0.0.3:81");
    ck_assert_str_eq(ask("farm:81", 3), "10.0.0.1:81");
    ck_assert_str_eq(find("farm:81", 1004), "10.0.0.2:81"); // from the cache
    ck_assert_int_eq(answer(0, 0), 1);
    net_forget();
}
END_TEST

// Does each page of a host have to find out that the first address is dead?
START_TEST(a_host_remembers_which_address_to_begin_with)
{
    ck_assert_str_eq(ask("farm/a", 0), "10.0.0.1:80");
    ck_assert_str_eq(ask("farm/b", 0), "10.0.0.1:80");
    ck_assert_str_eq(ask("farm/a", 1), "10.0.0.2:80");
    ck_assert_str_eq(ask("farm/b", 0), "10.0.0.2:80");
    ck_assert_str_eq(find("farm/c", 0), "10.0.0.2:80");
    // At another port there may be another server.
    ck_assert_str_eq(ask("farm:81", 0), "10.0.0.1:81");
    ck_assert_str_eq(find("farm/c", 1), "10.0.0.3:80");
    ck_assert_str_eq(find("farm/c", 0), "10.0.0.3:80");
    net_forget();
}
END_TEST

// Ten fetches are in flight when the first address turns out to be dead, and
// each asks for the next one. Only the first of these requests may move the
// host on: ten moves would lead back to the dead address.
START_TEST(those_in_flight_move_on_together)
{
    char text[32];

    for (int try = 0; try < 5; try++) {
        static const char *const wanted[] = { "10.0.0.1:80", "10.0.0.2:80",
            "10.0.0.3:80" };
        for (int i = 0; i < 10; i++) {
            snprintf(text, sizeof(text), "farm/%d", i);
            ck_assert_str_eq(ask(text, try), wanted[try % 3]);
        }
    }
    net_forget();
}
END_TEST

START_TEST(a_thousand_in_flight_move_on_together)
{
    char text[32];

    for (int try = 0; try < 2; try++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof(text), "farm/%d", i);
            ck_assert_str_eq(
                ask(text, try), try == 0 ? "10.0.0.1:80" : "10.0.0.2:80");
        }
    }
    net_forget();
}
END_TEST

static const struct {
    int code;
    int number; // errno
    int error;
} failures[] = {
    { EAI_NONAME, 0, ERROR_NO_SUCH_HOST },
    { EAI_FAIL, 0, ERROR_NO_SUCH_HOST },
#ifdef __linux__ // its headers hide these two from POSIX programs
    { -5, 0, ERROR_NO_SUCH_HOST }, // EAI_NODATA
    { -9, 0, ERROR_NO_SUCH_HOST }, // EAI_ADDRFAMILY
#endif
    { EAI_AGAIN, 0, ERROR_LOOKUP },
    { EAI_MEMORY, 0, -ENOMEM },
    { EAI_SYSTEM, EMFILE, -EMFILE },
    { EAI_SYSTEM, ENFILE, -ENFILE },
    { EAI_SYSTEM, ECONNREFUSED, -ECONNREFUSED },
    { EAI_NONAME, EMFILE, -EMFILE }, // as glibc reports EMFILE
    { EAI_NONAME, ENOENT, ERROR_NO_SUCH_HOST }, // an optional file
    // Not -EAGAIN, which means in a fetch: wait for the descriptor.
    { EAI_SYSTEM, EAGAIN, ERROR_LOOKUP },
    { EAI_SYSTEM, 0, ERROR_LOOKUP }, // not 0, which is a success
};

enum { FAILURES = sizeof(failures) / sizeof(*failures) };

START_TEST(a_look_up_that_fails)
{
    int error = failures[_i].error;
    bool transient = error != ERROR_NO_SUCH_HOST;

    answer(failures[_i].code, failures[_i].number);
    ck_assert_str_eq(ask("farm", 0), error_text(error));
    ck_assert_str_eq(ask("farm", 1), error_text(error));
    ck_assert_int_eq(error_is_transient(error), transient);
    // A permanent failure is asked for once, a temporary one each time.
    ck_assert_int_eq(answer(0, 0), transient ? 2 : 1);
    ck_assert_str_eq(
        ask("farm", 1), transient ? "10.0.0.2:80" : error_text(error));
    ck_assert_str_eq(
        ask("farm", 2), transient ? "10.0.0.3:80" : error_text(error));
    ck_assert_int_eq(answer(0, 0), transient);
    net_forget();
}
END_TEST

START_TEST(resolve_rules)
{
    ck_assert_int_eq(net_resolve("Example.com:80:127.0.0.2"), 0);
    ck_assert_int_eq(net_resolve("six:81:::1"), 0);
    ck_assert_int_eq(net_resolve("six:82:[::2]"), 0);
    ck_assert_int_eq(net_resolve("[::1]:83:127.0.0.3"), 0);
    ck_assert_int_eq(net_resolve("[0:0::0:A]:84:127.0.0.4"), 0);
    ck_assert_int_eq(net_resolve("10.1.2.3:85:127.0.0.5"), 0);
    ck_assert_int_eq(net_resolve("a_b.test.:86:127.0.0.6"), 0);
    ck_assert_str_eq(find("[::a]:84", 0), "127.0.0.4:84");
    ck_assert_str_eq(find("[0::A]:84", 0), "127.0.0.4:84");
    ck_assert_str_eq(find("10.1.2.3:85", 0), "127.0.0.5:85");
    ck_assert_str_eq(find("A_B.test.:86", 0), "127.0.0.6:86");
    ck_assert_str_eq(find("example.COM", 0), "127.0.0.2:80");
    ck_assert_str_eq(find("six:81", 0), "[::1]:81");
    ck_assert_str_eq(find("six:82", 0), "[::2]:82");
    ck_assert_str_eq(find("[::1]:83", 0), "127.0.0.3:83");
    // A later rule replaces an earlier one.
    ck_assert_int_eq(net_resolve("example.com:80:127.0.0.9"), 0);
    ck_assert_str_eq(find("example.com", 0), "127.0.0.9:80");
    static const char *const bad[] = { "", "a", "a:80", "a:80:", ":80:1.2.3.4",
        "a:0:1.2.3.4", "a:65536:1.2.3.4", "a:x:1.2.3.4", "a:80:example.com",
        "a:80:1.2.3", "[::1:80:1.2.3.4",
        // No URL has such a host, so the rule would never apply.
        "a b:80:1.2.3.4", "1.2.3:80:1.2.3.4", "0x7f000001:80:1.2.3.4",
        "*:80:1.2.3.4", "a/:80:1.2.3.4", "a?:80:1.2.3.4", "a#:80:1.2.3.4",
        "u@a:80:1.2.3.4", "a\n:80:1.2.3.4", "\xc3\xa9:80:1.2.3.4",
        "[]:80:1.2.3.4", "[::1%lo]:80:1.2.3.4", "[::1]x:80:1.2.3.4",
        "[1.2.3.4]:80:1.2.3.4",
        "a:80:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ck_assert_int_eq(net_resolve(bad[i]), -EINVAL);
    net_forget();
}
END_TEST

static void *look_up(void *url)
{
    const struct address *address;

    ck_assert_int_eq(net_lookup(url, 0, &address), 0);
    return (void *)(uintptr_t)address;
}

START_TEST(threads_share_one_answer)
{
    enum { THREADS = 16 };
    pthread_t threads[THREADS];
    void *answers[THREADS];
    struct url url;

    ck_assert_int_eq(url_parse_typed(&url, "localhost:80"), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, look_up, &url);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], &answers[i]);
    for (int i = 1; i < THREADS; i++)
        ck_assert_ptr_eq(answers[i], answers[0]);
    ck_assert_int_eq(answer(0, 0), 1);
    url_free(&url);
    net_forget();
}
END_TEST

static void *look_up_often(void *url)
{
    const struct address *address;
    uintptr_t wrong = 0;

    for (int i = 0; i < 2000; i++)
        wrong += net_lookup(url, 0, &address) != ERROR_LOOKUP;
    return (void *)wrong;
}

// Does the -EAGAIN of net_lookup_known() ever become the result of a look-up?
START_TEST(a_pending_look_up_is_not_a_result)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    const struct address *address;
    struct url url;
    void *wrong;

    answer(EAI_AGAIN, 0);
    ck_assert_int_eq(url_parse_typed(&url, "farm"), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, look_up_often, &url);
    for (int i = 0; i < 20000; i++)
        ck_assert_int_eq(net_lookup_known(&url, 0, &address), -EAGAIN);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &wrong);
        ck_assert_uint_eq((uintptr_t)wrong, 0);
    }
    url_free(&url);
    net_forget();
}
END_TEST

START_TEST(results)
{
    static const int again[] = { EINTR, EAGAIN, EWOULDBLOCK, EINPROGRESS,
        EALREADY };
    long asked;
    long in_vain;

    ck_assert_int_eq(net_result(0), 0);
    ck_assert_int_eq(net_result(42), 42);
    for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++) {
        errno = again[i];
        ck_assert_int_eq(net_result(-1), -EAGAIN);
    }
    errno = ECONNRESET;
    ck_assert_int_eq(net_result(-1), -ECONNRESET);
    errno = EISCONN;
    ck_assert_int_eq(net_result(-1), 0);
    net_count(&asked, &in_vain);
    ck_assert_int_eq(asked, 9);
    ck_assert_int_eq(in_vain, 5);
}
END_TEST

START_TEST(a_limit_ends_a_call)
{
    char byte;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    double start = clock_now();
    ck_assert_int_eq(net_limit(pair[0], SO_RCVTIMEO, start + 0.05), 0);
    ck_assert_int_eq(net_result(recv(pair[0], &byte, 1, 0)), -EAGAIN);
    // The kernel counts in ticks and may end the call a little early.
    ck_assert(clock_now() > start + 0.03);
    ck_assert_int_eq(net_limit(pair[0], SO_RCVTIMEO, start), -ETIMEDOUT);
    ck_assert_int_eq(net_limit(pair[0], SO_RCVTIMEO, clock_now() + 1e6), 0);
    close(pair[0]);
    close(pair[1]);
}
END_TEST

START_TEST(a_refused_connect_says_so)
{
    struct url url;
    const struct address *address;

    ck_assert_int_eq(url_parse_typed(&url, "127.0.0.1:1"), 0);
    ck_assert_int_eq(net_lookup(&url, 0, &address), 0);
    int fd = net_socket(address);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(
        net_result(connect(fd, &address->any, address->len)), -ECONNREFUSED);
    close(fd);
    fd = net_socket_nonblocking(address);
    ck_assert_int_ge(fd, 0);
    int n = net_result(connect(fd, &address->any, address->len));
    if (n == -EAGAIN)
        n = net_connected(fd); // on loopback, refused at once
    ck_assert_int_eq(n, -ECONNREFUSED);
    close(fd);
    url_free(&url);
    net_forget();
}
END_TEST

static const char *const listening[] = { "127.0.0.1", "[::1]" };

START_TEST(a_listener_has_a_port_and_accepts)
{
    int port = 0;
    struct sockaddr_storage to;
    socklen_t len = sizeof(to);
    int listener = net_listen(listening[_i], &port);

    if (listener < 0 && _i == 1)
        return; // no IPv6 here
    ck_assert_int_ge(listener, 0);
    ck_assert_int_gt(port, 0);
    ck_assert_int_eq(net_accept(listener), -EAGAIN);
    ck_assert_int_eq(net_listen(listening[_i], &port), -EADDRINUSE);
    getsockname(listener, (struct sockaddr *)&to, &len);
    int fd = socket(to.ss_family, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, len), 0);
    int client = net_accept(listener);
    ck_assert_int_ge(client, 0);
    ck_assert(fcntl(client, F_GETFL) & O_NONBLOCK);
    ck_assert(fcntl(client, F_GETFD) & FD_CLOEXEC);
    close(client);
    close(fd);
    close(listener);
    listener = net_listen(listening[_i], &port); // at once, on the same port
    ck_assert_int_ge(listener, 0);
    close(listener);
    net_forget();
}
END_TEST

START_TEST(a_listener_that_cannot_be)
{
    int port = 0;

    server.code = EAI_NONAME;
    ck_assert_int_eq(net_listen("nowhere", &port), ERROR_NO_SUCH_HOST);
    ck_assert_int_eq(net_listen("10.255.255.1", &port), -EADDRNOTAVAIL);
    ck_assert_int_eq(port, 0);
    ck_assert_int_eq(net_accept(-1), -EBADF);
    net_forget();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net");
    TCase *tests = tcase_create("net");

    tcase_add_test(tests, numeric_hosts_need_no_look_up);
    tcase_add_test(tests, names_would_have_to_wait);
    tcase_add_test(tests, addresses_take_turns);
    tcase_add_test(tests, a_host_remembers_which_address_to_begin_with);
    tcase_add_test(tests, those_in_flight_move_on_together);
    tcase_add_test(tests, a_thousand_in_flight_move_on_together);
    tcase_add_test(tests, a_pending_look_up_is_not_a_result);
    tcase_add_loop_test(tests, a_look_up_that_fails, 0, FAILURES);
    tcase_add_test(tests, resolve_rules);
    tcase_add_test(tests, threads_share_one_answer);
    tcase_add_test(tests, results);
    tcase_add_test(tests, a_limit_ends_a_call);
    tcase_add_test(tests, a_refused_connect_says_so);
    tcase_add_loop_test(tests, a_listener_has_a_port_and_accepts, 0, 2);
    tcase_add_test(tests, a_listener_that_cannot_be);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
