// libuv_client.c - the program `animals -q` on libuv: a connection and a timer
// for each request. Reads only the status of a response.

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

enum { NAMES = 12, CHUNK = 16384 };

static const char *const names[NAMES] = { "cow", "pig", "sheep", "chicken",
    "bird", "duck", "dog", "cat", "frog", "horse", "turkey", "rooster" };

struct request {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    char text[256];
    char status[16]; // the first bytes of the response
    size_t len;
    int open; // number of open handles
};

static char chunk[CHUNK];
static struct sockaddr_in server;
static int port;
static long count = NAMES;
static long delay = 100;
static unsigned long timeout_ms = 10000;
static long started;
static long failed;

static void start(struct request *r);

static void on_close(uv_handle_t *handle)
{
    struct request *r = handle->data;

    if (--r->open > 0)
        return;
    if (r->len < 12 || memcmp(r->status, "HTTP/1.1 200", 12) != 0)
        failed++;
    if (started < count)
        start(r);
}

static void finish(struct request *r)
{
    if (uv_is_closing((uv_handle_t *)&r->tcp))
        return;
    uv_close((uv_handle_t *)&r->tcp, on_close);
    uv_close((uv_handle_t *)&r->timer, on_close);
}

static void on_timeout(uv_timer_t *timer)
{
    finish(timer->data);
}

static void give_chunk(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)handle;
    (void)size;
    *buffer = uv_buf_init(chunk, CHUNK);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct request *r = stream->data;

    if (n < 0) { // the end, or an error
        finish(r);
        return;
    }
    for (ssize_t i = 0; i < n && r->len < sizeof(r->status); i++)
        r->status[r->len++] = buffer->base[i];
}

static void on_write(uv_write_t *write, int error)
{
    struct request *r = write->data;

    if (error != 0
        || uv_read_start((uv_stream_t *)&r->tcp, give_chunk, on_read) != 0)
        finish(r);
}

static void on_connect(uv_connect_t *connect, int error)
{
    struct request *r = connect->data;
    uv_buf_t text = uv_buf_init(r->text, (unsigned)strlen(r->text));

    if (error != 0
        || uv_write(&r->write, (uv_stream_t *)&r->tcp, &text, 1, on_write) != 0)
        finish(r);
}

static void start(struct request *r)
{
    uv_loop_t *loop = uv_default_loop();

    snprintf(r->text, sizeof(r->text),
        "GET /animals/%s?delay=%ld HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Connection: close\r\n\r\n",
        names[started++ % NAMES], delay, port);
    r->len = 0;
    r->open = 2;
    uv_tcp_init(loop, &r->tcp);
    uv_timer_init(loop, &r->timer);
    r->tcp.data = r->timer.data = r->connect.data = r->write.data = r;
    uv_timer_start(&r->timer, on_timeout, timeout_ms, 0);
    if (uv_tcp_connect(
            &r->connect, &r->tcp, (const struct sockaddr *)&server, on_connect)
        != 0)
        finish(r);
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
            timeout_ms = (unsigned long)(atof(value) * 1e3);
        i++;
    }
    if (uv_ip4_addr(host, port, &server) != 0) {
        fprintf(stderr,
            "usage: libuv_client -q --server http://ADDRESS:PORT "
            "[--count N] [--max-tasks N] [--delay MS] "
            "[--timeout SECONDS]\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (tasks > count)
        tasks = count;
    struct request *requests = calloc((size_t)tasks, sizeof(*requests));
    if (requests == NULL)
        return 1;
    for (long i = 0; i < tasks; i++)
        start(&requests[i]);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    uv_loop_close(uv_default_loop());
    free(requests);
    return failed > 0;
}
