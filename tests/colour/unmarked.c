// clean
// unmarked: 18 19 20 25 34
#include "async.h"

async_int f(int n);

static async_int
helper(
    int n)
{
    return (async_int){ await(f(n)) };
}

async_int g(int n)
{
    // return f(1);
    switch (n) {
    case 1: return f(1);
    case 2: return helper(2); // not f
    case 3: return await(f(1)) ? f(await(f(2))) : (async_int){ await(f(3)) };
    case 4: return (async_int){ await(f(await(f(4)))) };
    case 5: return (async_int){ await_within(1, f(await_shielded(f(5)))) };
    default: break;
    }
    return
        readable(n, 1);
}

int if_this(int n);

async_int h(int n)
{
    int my_f = if_this(n);
    if (my_f) return (task_yield());
    return (async_int){ if_this(n) };
}
