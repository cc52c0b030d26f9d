// clean
#include "async.h"

async_int f(int n);

async_int g(int a)
{
    int n = a;

    if (a == 0)
        goto end;
again:
    n = await(f(a));
    if (n < 0)
        goto end;
    if (n > 100)
        return (async_int){ await(f(1)) };
    n = await_within(1, f(2));
    if (n == 7)
        goto again;
    if (n == 8)
        return (async_int){ n };
    n = await_shielded(f(3));
end:
    return (async_int){ await(f(n)) };
}
