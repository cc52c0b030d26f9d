// st_client.c - the program `animals -q` on State Threads: a small stack for
// each request, as in stage 6. Reads only the status of a response.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <st.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NAMES = 12, CHUNK = 16384, STACK_BYTES = 32768 };

static const char *const names[NAMES] = { "cow", "pig", "sheep", "chicken",
    "bird", "duck", "dog", "cat", "frog", "horse", "turkey", "rooster" };

static char chunk[CHUNK];
static struct sockaddr_in server = { .sin_family = AF_INET };
static int port;
static long count = NAMES;
static long delay = 100;
static st_utime_t timeout = 10000000; // microseconds
static long started;
static long failed;

// Returns 0 when the server has answered with status 200.
static int ask(st_netfd_t fd, const char *name)
{
    char text[256];
    char status[12];
    size_t len = 0;
    ssize_t n;

    int size = snprintf(text, sizeof(text),
        "GET /animals/%s?delay=%ld HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Connection: close\r\n\r\n",
        name, delay, port);
    if (st_connect(fd, (const struct sockaddr *)&server, sizeof(server),
            timeout) == -1
        || st_write(fd, text, (size_t)size, timeout) != size)
        return -1;
    while ((n = st_read(fd, chunk, sizeof(chunk), timeout)) > 0) {
        for (ssize_t i = 0; i < n && len < sizeof(status); i++)
            status[len++] = chunk[i];
    }
    return n == 0 && len == sizeof(status)
            && memcmp(status, "HTTP/1.1 200", len) == 0
        ? 0
        : -1;
}

static void *work(void *unused)
{
    while (started < count) {
        const char *name = names[started++ % NAMES];
        int number = socket(AF_INET, SOCK_STREAM, 0);
        st_netfd_t fd = number >= 0 ? st_netfd_open_socket(number) : NULL;
        if (fd == NULL || ask(fd, name) != 0)
            failed++;
        if (fd != NULL)
            st_netfd_close(fd);
        else if (number >= 0)
            close(number);
    }
    return unused;
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    long tasks = NAMES;
    char host[64] = "";

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "-q") == 0)
            continue;
        if (strcmp(argv[i], "--server") == 0)
            sscanf(value, "http://%63[^:]:%d", host, &port);
        else if (strcmp(argv[i], "--count") == 0)
            count = atol(value);
        else if (strcmp(argv[i], "--max-tasks") == 0)
            tasks = atol(value);
        else if (strcmp(argv[i], "--delay") == 0)
            delay = atol(value);
        else if (strcmp(argv[i], "--timeout") == 0)
            timeout = (st_utime_t)(atof(value) * 1e6);
        i++;
    }
    if (inet_pton(AF_INET, host, &server.sin_addr) != 1) {
        fprintf(stderr,
            "usage: st_client -q --server http://ADDRESS:PORT [--count N] "
            "[--max-tasks N] [--delay MS] [--timeout SECONDS]\n");
        return 2;
    }
    server.sin_port = htons((unsigned short)port);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (tasks > count)
        tasks = count;
    st_set_eventsys(ST_EVENTSYS_POLL); // Debian builds it without epoll
    if (st_init() == -1)
        return 1;
    st_thread_t *threads = calloc((size_t)tasks, sizeof(*threads));
    if (threads == NULL)
        return 1;
    for (long i = 0; i < tasks; i++) {
        threads[i] = st_thread_create(work, NULL, 1, STACK_BYTES);
        failed += threads[i] == NULL;
    }
    for (long i = 0; i < tasks; i++) {
        if (threads[i] != NULL)
            st_thread_join(threads[i], NULL);
    }
    free(threads);
    return failed > 0;
}
