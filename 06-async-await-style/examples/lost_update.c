// lost_update.c - three transfers of 10 to Eve, at the same time. Each reads
// her balance, and writes 10 more: even on one thread, without a data race, two
// of them can get lost. (After Glyph's "Unyielding".)

#include "async.h"

#include <stdio.h>

static int friends;
static int eve;
static struct lock bank;

// Looks like a plain function, and waits all the same, through the back door
// `.value`. The compiler would refuse an await() here, but cannot see this.
static void write_log(void)
{
    (void)task_pause(0.1).value;
}

static async_int hidden(void *unused)
{
    (void)unused;
    int before = eve;
    friends -= 10;
    write_log(); // nothing shows that the other transfers come in here
    eve = before + 10;
    return (async_int){ 0 };
}

// An await() shows where the others come in. A lock keeps them out, ...
static async_int locked(void *unused)
{
    (void)unused;
    await(lock_take(&bank));
    int before = eve;
    friends -= 10;
    await(task_pause(0.1));
    eve = before + 10;
    lock_give(&bank);
    return (async_int){ 0 };
}

// ... or the two updates are made without a wait in between, and need no lock.
static async_int moved(void *unused)
{
    (void)unused;
    await(task_pause(0.1));
    friends -= 10;
    eve += 10;
    return (async_int){ 0 };
}

static async_int transfer(const char *how, async_fn *fn)
{
    struct group group = { 0 };
    double start = clock_now();

    friends = 300;
    eve = 0;
    for (int i = 0; i < 3; i++)
        spawn(&group, fn, NULL, how);
    int error = await(group_wait(&group));
    printf("%s Eve has %d, the friends %d, together %d, after %.1f s\n", how,
        eve, friends, eve + friends, clock_now() - start);
    return (async_int){ error };
}

static async_int bank_day(void *unused)
{
    (void)unused;
    await(transfer("hidden wait:    ", hidden));
    await(transfer("under a lock:   ", locked));
    return (async_int){ await(transfer("await moved out:", moved)) };
}

int main(void)
{
    return async_run(NULL, bank_day, NULL) != 0;
}
