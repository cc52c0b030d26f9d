// clean
#include "async.h"

async_int f(int n);

async_int g(void)
{
    int sum = 0;

    while (await(f(sum)) > 0)
        sum++;
    do
        sum += await(f(1));
    while (await(f(2)) == 0);
    for (int i = await(f(3)); i < await(f(4)); i += await(f(5)))
        sum += await(f(i));
    for (int i = 0, n = await_within(1, f(6)); i < n; i++) {
        if (await(f(i)) == 0)
            continue;
        if (await(f(i)) == 1)
            break;
    }
    return (async_int){ sum };
}
