// easy.c - libcurl's easy interface: curl_easy_perform() makes a transfer and
// returns at the end. One transfer after another, like stage 1.

#include "interrupt.h"
#include "transfer.h"

// Makes a transfer. Returns the milliseconds to wait before the next try, or 0
// if the transfer is finished.
static int make_transfer(const struct client *client, struct transfer *t)
{
    t->error = transfer_start(t);
    if (t->error == 0)
        transfer_end(t, curl_easy_perform(t->easy));
    return client->done(t);
}

int transfers_run(
    const struct client *client, const struct options *options, int max_tasks)
{
    struct transfer t = { .url = NULL };
    int error = transfer_setup(options);
    int pause;

    (void)max_tasks; // always one at a time
    while (error == 0 && client->begin(&t)) {
        do {
            pause = make_transfer(client, &t);
            interrupt_sleep(pause);
        } while (pause > 0 && !interrupted());
    }
    transfer_free(&t);
    transfer_teardown();
    return error;
}
