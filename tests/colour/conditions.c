// clean
#include "async.h"

async_int f(int n);

async_int g(int a)
{
    int n = 0;

    if (await(f(1)) == 0 && (await(f(2)) < 0 || await(f(3)) > 0))
        n = await(f(4));
    else if (!await_within(1, f(5)))
        n++;
    n += a ? await(f(6)) : await(f(7));
    n += await(a ? f(8) : f(9));
    n = (await(f(10)), await(f(11)));
    switch (await(f(n))) {
    case 1: n = await(f(12)); break;
    case 2: return (async_int){ await(f(13)) };
    default: n = 0; break;
    }
    return (async_int){ n };
}
