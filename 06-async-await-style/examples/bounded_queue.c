// bounded_queue.c - two hens lay faster than the fox eats, into a nest with
// room for three. put() waits while the nest is full, get() while it is empty:
// so the fox sets the pace for all. This is called back-pressure.

#include "async.h"

#include <stdio.h>
#include <string.h>

// A number of permits. take() waits while none is left, until one is given
// back.
struct semaphore {
    int left;
    struct condition given;
};

static async_int take(struct semaphore *s)
{
    int error = 0;

    while (s->left == 0 && error == 0)
        error = await(condition_wait(&s->given));
    if (error == 0)
        s->left--;
    return (async_int){ error };
}

static void give(struct semaphore *s)
{
    s->left++;
    condition_signal(&s->given);
}

// A bounded queue is two semaphores: free places, and eggs.
static char nest[] = "...";
static struct semaphore places = { .left = 3 };
static struct semaphore eggs = { .left = 0 };
static double start;

static void show(const char *text, int egg)
{
    printf("%.1f s  [%s]  %s %c\n", clock_now() - start, nest, text, egg);
}

static async_int put(char egg)
{
    if (places.left == 0)
        show("no room for", egg);
    int error = await(take(&places));
    if (error == 0) {
        *strchr(nest, '.') = egg;
        give(&eggs);
    }
    return (async_int){ error };
}

static async_int get(void)
{
    int error = await(take(&eggs));
    if (error != 0)
        return (async_int){ error };
    char egg = nest[0];
    memmove(nest, nest + 1, 2);
    nest[2] = '.';
    give(&places);
    return (async_int){ egg };
}

static async_int hen(void *name)
{
    for (int i = 0; i < 4; i++) {
        await(task_pause(0.4));
        if (await(put(*(char *)name)) == 0)
            show("laid", *(char *)name);
    }
    return (async_int){ 0 };
}

static async_int fox(void *unused)
{
    (void)unused;
    for (int i = 0; i < 8; i++) {
        int egg = await(get());
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
    spawn(&group, hen, "Ada", "Ada");
    spawn(&group, hen, "Bertha", "Bertha");
    spawn(&group, fox, NULL, "fox");
    return (async_int){ await(group_wait(&group)) };
}

int main(void)
{
    return async_run(NULL, farmyard, NULL) != 0;
}
