// clean
#include "async.h"

async_int f(int n);
async_int two(int a, int b);

async_int g(void)
{
    int n = await(f(await(f(await(f(1))))));
    n += await(two(await(f(1)), await(f(2)))) + await(f(3));
    return (async_int){ await(f(n)) };
}

async_int scopes(void)
{
    int n = await_shielded(f(await_within(1, f(await(f(2))))));
    n += await_within(await(f(3)), f(await_shielded(f(n))));
    n += await_within(1, f(await_within(2, f(await_within(3, f(n))))));
    return (async_int){ n };
}

async_int in_scope(double seconds)
{
    return (async_int){ await_within(seconds, task_pause(seconds)) };
}

async_int in_shield(void)
{
    return (async_int){ await_shielded(in_scope(1)) };
}
