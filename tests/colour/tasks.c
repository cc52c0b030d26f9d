// clean
#include "async.h"

static struct lock lock;
static struct condition changed;

static async_int child(void *n)
{
    int error = await(lock_take(&lock));
    if (error != 0)
        return (async_int){ error };
    error = await_within(1, condition_wait(&changed));
    lock_give(&lock);
    condition_broadcast(&changed);
    return (async_int){ error != 0 ? error : *(int *)n };
}

static async_int first(void *unused)
{
    struct group group = { 0 };
    struct group race = { .race = true };
    static int numbers[10];

    (void)unused;
    for (int i = 0; i < 10 && await(group_room(&group, 3)) == 0; i++)
        spawn(&group, child, &numbers[i], "child");
    spawn(&race, child, &numbers[0], "");
    spawn(NULL, child, &numbers[1], "");
    int n = await(group_wait(&race));
    return (async_int){ n < 0 ? n : await(group_wait(&group)) };
}

int main(void)
{
    return async_run(NULL, first, NULL) != 0;
}
