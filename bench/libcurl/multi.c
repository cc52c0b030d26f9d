// multi.c - libcurl's multi interface: curl_multi_poll() waits for all sockets
// at once, and curl_multi_perform() advances every transfer that is ready. Like
// stage 3.

#include "clock.h"
#include "crowd.h"
#include "interrupt.h"

#include <errno.h>
#include <limits.h>

// Waits until a socket is ready, a timer of libcurl is due, a pause is over, or
// Ctrl-C.
static CURLMcode wait_for(const struct crowd *crowd)
{
    struct curl_waitfd ctrl_c = {
        .fd = interrupt_fd(),
        .events = CURL_WAIT_POLLIN,
    };
    int ms = clock_ms_until(timers_next(&crowd->pauses));

    return curl_multi_poll(
        crowd->multi, &ctrl_c, ctrl_c.fd >= 0, ms >= 0 ? ms : INT_MAX, NULL);
}

int transfers_run(
    const struct client *client, const struct options *options, int max_tasks)
{
    struct crowd crowd;
    CURLMcode code = CURLM_OK;
    int running;
    int error = crowd_init(&crowd, client, options, max_tasks);

    if (error == 0)
        crowd_start(&crowd);
    while (error == 0 && crowd_waits(&crowd)) {
        code = wait_for(&crowd);
        if (code == CURLM_OK)
            code = curl_multi_perform(crowd.multi, &running);
        if (code != CURLM_OK)
            error = code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
        crowd_collect(&crowd);
        crowd_start(&crowd);
    }
    crowd_free(&crowd);
    return error;
}
