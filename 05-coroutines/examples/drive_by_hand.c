// drive_by_hand.c - you are the event loop. The real fetch coroutine runs
// without task.c: its waits end up here, and nothing happens until you press
// Enter.

#include "fetch.h"
#include "herd.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>

static struct pollfd wanted; // by fetch()

// fetch() calls this to wait. We only take a note.
struct future *task_on_fd(int fd, int interest, double deadline)
{
    static struct future future;

    (void)deadline; // you may take your time
    wanted.fd = fd;
    wanted.events = interest == SELECT_READ ? POLLIN : POLLOUT;
    return &future;
}

void task_close(int fd)
{
    close(fd);
}

// Asks the user to be the loop for one turn. Returns false at the end of input.
static bool press_enter(const struct fetch *f)
{
    char line[80];

    printf("It stopped at line %d of fetch.c: socket %d is to be %s.\n"
           "Press Enter to look at it... ",
        f->co.line, wanted.fd,
        wanted.events == POLLIN ? "readable" : "writable");
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL)
        return false;
    while (poll(&wanted, 1, 0) == 0) {
        printf("Not yet. Again? ");
        fflush(stdout);
        if (fgets(line, sizeof(line), stdin) == NULL)
            return false;
    }
    printf("It is. You resume the coroutine.\n");
    return true;
}

int main(void)
{
    const char *farm = getenv("FARM");
    char text[128];
    struct url url;
    struct span span = { .task = 0 };

    snprintf(text, sizeof(text), "%s/animals/cow",
        farm != NULL ? farm : "http://127.0.0.1:8888");
    if (url_parse(&url, text, strlen(text)) != 0)
        return 2;
    struct fetch f = { .url = &url, .max_body = HERD_MAX_SOUND, .span = &span };
    f.timeout = 3600;
    co_start(&f.co, fetch);
    printf("A coroutine does nothing until it is resumed. You resume it.\n");
    bool stopped = co_send(&f.co, NULL);
    while (stopped && press_enter(&f))
        stopped = co_send(&f.co, NULL); // AWAITED is 0: ready
    if (stopped)
        co_close(&f.co);
    else
        printf("It returned %d. The cow says: %s\n", AWAITED(&f.co),
            f.response.body != NULL ? f.response.body : "nothing");
    http_response_free(&f.response);
    url_free(&url);
    net_forget();
    return 0;
}
