// bounded_queue.c - two hens lay faster than the fox eats, into a nest with
// room for three. put() waits while the nest is full, get() while it is empty:
// so the fox sets the pace for all. This is called back-pressure.

#include "queue.h"

#include <stdio.h>

static void *eggs[3];
static struct queue nest = QUEUE(eggs);
static double start;

static void show(const char *text, const char *egg)
{
    printf("%.1f s  [", clock_now() - start);
    for (unsigned i = 0; i < nest.size; i++)
        printf("%s", nest.num_taken + i < nest.num_put
                ? (char *)eggs[(nest.num_taken + i) % nest.size]
                : ".");
    printf("]  %s %s\n", text, egg);
}

static async_int hen(void *egg)
{
    for (int i = 0; i < 4; i++) {
        await(task_pause(0.4));
        if (nest.places.left == 0)
            show("no room for", egg);
        if (await(queue_put(&nest, egg)) == 0)
            show("laid", egg);
    }
    return (async_int){ 0 };
}

static async_int fox(void *unused)
{
    void *egg;

    (void)unused;
    for (int i = 0; i < 8 && await(queue_get(&nest, &egg)) == 0; i++) {
        show("      eats", egg);
        await(task_pause(1));
    }
    return (async_int){ 0 };
}

static async_int farmyard(void *unused)
{
    struct group group = { 0 };

    (void)unused;
    start = clock_now();
    spawn(&group, hen, "A", "Ada");
    spawn(&group, hen, "B", "Bertha");
    spawn(&group, fox, NULL, "fox");
    return (async_int){ await(group_wait(&group)) };
}

int main(void)
{
    return async_run(NULL, farmyard, NULL) != 0;
}
