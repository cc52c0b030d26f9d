// socket.c - libcurl's multi interface on a loop of our own. In callbacks,
// libcurl requests which sockets to watch and when to be called at the latest;
// we wait with selector.h, and call curl_multi_socket_action() for each ready
// socket. Like stage 4.

#include "clock.h"
#include "crowd.h"
#include "interrupt.h"
#include "process.h"
#include "selector.h"

#include <errno.h>
#include <fcntl.h>

static char ctrl_c; // the address is the selector's data for Ctrl-C
static struct selector *selector;
static double due = CLOCK_NEVER; // when libcurl wants to be called

static int on_socket(
    CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    int interest = what == CURL_POLL_IN ? SELECT_READ
        : what == CURL_POLL_OUT         ? SELECT_WRITE
        : what == CURL_POLL_INOUT       ? SELECT_READ | SELECT_WRITE
                                        : 0; // CURL_POLL_REMOVE

    (void)easy;
    (void)socket_data;
    if (what == CURL_POLL_REMOVE && fcntl(fd, F_GETFD) == -1) {
        selector_forget(selector, fd, data); // libcurl has already closed fd
        return 0;
    }
    return selector_set(selector, fd, interest, data) == 0 ? 0 : -1;
}

static int on_timer(CURLM *multi, long ms, void *data)
{
    (void)multi;
    (void)data;
    due = ms >= 0 ? clock_now() + (double)ms * 1e-3 : CLOCK_NEVER;
    return 0;
}

static int prepare(struct crowd *crowd, const struct options *options)
{
    int max_fds = process_raise_descriptor_limit();

    selector = selector_new(options->selector, max_fds);
    if (selector == NULL)
        return -errno;
    curl_multi_setopt(crowd->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(crowd->multi, CURLMOPT_SOCKETDATA, crowd);
    curl_multi_setopt(crowd->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    int fd = interrupt_fd();
    return fd >= 0 ? selector_set(selector, fd, SELECT_READ, &ctrl_c) : 0;
}

static CURLMcode act(struct crowd *crowd, const struct selector_event *event)
{
    int what = 0;
    int running;

    if (event->data == &ctrl_c) {
        selector_set(selector, event->fd, 0, &ctrl_c); // wake only once
        return CURLM_OK;
    }
    if (event->ready & SELECT_READ)
        what |= CURL_CSELECT_IN;
    if (event->ready & SELECT_WRITE)
        what |= CURL_CSELECT_OUT;
    return curl_multi_socket_action(crowd->multi, event->fd, what, &running);
}

// Waits once, then lets libcurl handle all ready sockets and due timers.
// Returns 0 or a negative errno.
static int turn(struct crowd *crowd)
{
    struct selector_event event;
    CURLMcode code = CURLM_OK;
    int running;
    double pause = timers_next(&crowd->pauses);
    int error = selector_wait(selector, due < pause ? due : pause);

    while (error == 0 && code == CURLM_OK && selector_next(selector, &event))
        code = act(crowd, &event);
    if (error == 0 && code == CURLM_OK && due <= clock_now()) {
        due = CLOCK_NEVER;
        code = curl_multi_socket_action(
            crowd->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    if (code != CURLM_OK)
        error = code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
    return error;
}

int transfers_run(
    const struct client *client, const struct options *options, int max_tasks)
{
    struct crowd crowd;
    int error = crowd_init(&crowd, client, options, max_tasks);

    if (error == 0)
        error = prepare(&crowd, options);
    if (error == 0)
        crowd_start(&crowd);
    while (error == 0 && crowd_waits(&crowd)) {
        error = turn(&crowd);
        crowd_collect(&crowd);
        crowd_start(&crowd);
    }
    crowd_free(&crowd); // still calls on_socket(), which needs the selector
    selector_free(selector);
    return error;
}
