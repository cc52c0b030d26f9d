// crowd.c - adds transfers to the multi handle and removes finished transfers;
// a list of idle transfers, a timer for each retry.

#include "crowd.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <stdlib.h>

int crowd_init(struct crowd *crowd, const struct client *client,
    const struct options *options, int max_tasks)
{
    *crowd = (struct crowd){ .client = client, .count = max_tasks };
    int error = transfer_setup(options);
    if (error != 0)
        return error;
    crowd->multi = curl_multi_init();
    crowd->transfers = calloc((size_t)max_tasks, sizeof(*crowd->transfers));
    if (crowd->multi == NULL || crowd->transfers == NULL)
        return -ENOMEM;
    for (int i = max_tasks - 1; i >= 0; i--) {
        crowd->transfers[i].span.task = i;
        crowd->transfers[i].next_idle = crowd->idle;
        crowd->idle = &crowd->transfers[i];
    }
    return 0;
}

// Reports the end of a transfer to the client, which decides about a retry.
static void finish(struct crowd *crowd, struct transfer *t)
{
    int pause = crowd->client->done(t);

    if (pause > 0) {
        timer_arm(&crowd->pauses, &t->pause, clock_now() + pause * 1e-3);
        return;
    }
    t->next_idle = crowd->idle;
    crowd->idle = t;
}

static void start(struct crowd *crowd, struct transfer *t)
{
    t->error = transfer_start(t);
    if (t->error == 0) {
        if (curl_multi_add_handle(crowd->multi, t->easy) == CURLM_OK) {
            crowd->in_flight++;
            return;
        }
        transfer_end(t, CURLE_OUT_OF_MEMORY);
    }
    finish(crowd, t);
}

static struct transfer *next_due(struct crowd *crowd)
{
    struct timer *timer = timers_due(&crowd->pauses, clock_now());

    return timer != NULL
        ? (void *)((char *)timer - offsetof(struct transfer, pause))
        : NULL;
}

void crowd_start(struct crowd *crowd)
{
    struct transfer *t;

    while (!interrupted() && (t = next_due(crowd)) != NULL)
        start(crowd, t);
    while ((t = crowd->idle) != NULL && crowd->client->begin(t)) {
        crowd->idle = t->next_idle;
        start(crowd, t);
    }
}

void crowd_collect(struct crowd *crowd)
{
    struct CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(crowd->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct transfer *t = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        curl_multi_remove_handle(crowd->multi, easy); // invalidates `message`
        crowd->in_flight--;
        transfer_end(t, code);
        finish(crowd, t);
    }
}

bool crowd_waits(const struct crowd *crowd)
{
    return crowd->in_flight > 0
        || (timers_next(&crowd->pauses) < CLOCK_NEVER && !interrupted());
}

void crowd_free(struct crowd *crowd)
{
    // After an error of libcurl, transfers may still be in flight.
    for (int i = 0; i < crowd->count && crowd->transfers != NULL; i++) {
        struct transfer *t = &crowd->transfers[i];
        if (t->easy != NULL)
            curl_multi_remove_handle(crowd->multi, t->easy);
        transfer_free(t);
        http_response_free(&t->response);
    }
    curl_multi_cleanup(crowd->multi);
    free(crowd->transfers);
    transfer_teardown();
}
