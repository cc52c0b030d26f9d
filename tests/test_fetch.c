// test_fetch.c - stage 3's fetch(), called by the test instead of a loop.

#include "clock.h"
#include "fetch.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct url url;
static struct span span;
static struct fetch f;
static int server;

// Begins a fetch from a server in this process. Returns the server's end.
static int begin(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(address);
    char text[64];

    server = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server, 1), 0);
    getsockname(server, (struct sockaddr *)&address, &len);
    snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(address.sin_port));
    ck_assert_int_eq(url_parse_typed(&url, text), 0);
    f = (struct fetch){
        .url = &url, .timeout = 60, .max_body = 1 << 20, .span = &span
    };
    ck_assert_int_eq(fetch(&f), -EAGAIN);
    return accept(server, NULL, NULL);
}

static void end(int client)
{
    http_response_free(&f.response);
    url_free(&url);
    net_forget();
    close(client);
    close(server);
}

static void wait_for(short events)
{
    struct pollfd ready = { .fd = f.fd, .events = events };

    ck_assert_int_eq(poll(&ready, 1, 10000), 1);
}

static int waiting(void)
{
    int n = 0;

    ioctl(f.fd, FIONREAD, &n);
    return n;
}

// Can a server that sends without a pause keep all other fetches waiting?
START_TEST(receives_once_a_turn)
{
    static char body[2 * FETCH_CHUNK];
    char head[64];
    int client = begin();

    wait_for(POLLOUT);
    ck_assert_int_eq(fetch(&f), -EAGAIN); // has sent and waits for the answer
    int n = snprintf(head, sizeof(head),
        "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof(body));
    ck_assert_int_eq(send(client, head, (size_t)n, 0), n);
    ck_assert_int_eq((int)send(client, body, sizeof(body), 0),
        (int)sizeof(body));
    int all = n + (int)sizeof(body);
    while (waiting() < all)
        poll(NULL, 0, 1);
    ck_assert_int_eq(fetch(&f), -EAGAIN);
    ck_assert_int_eq(waiting(), all - FETCH_CHUNK);
    ck_assert_int_eq(fetch(&f), -EAGAIN);
    ck_assert_int_eq(fetch(&f), 0);
    ck_assert_uint_eq(f.response.body_len, sizeof(body));
    end(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fetch");
    TCase *tests = tcase_create("fetch");

    tcase_add_test(tests, receives_once_a_turn);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
