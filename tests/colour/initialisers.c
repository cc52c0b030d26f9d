// clean
#include "async.h"

struct pair {
    int first;
    int second;
};

async_int f(int n);

async_int g(void)
{
    int one = await(f(1)), two = await(f(2));
    int both[] = { await(f(one)), await(f(two)) };
    struct pair pair = { .first = await(f(3)), .second = both[0] };
    const int n = await(f(both[await(f(0))])) + pair.first;
    // Two on a line, with the same names inside.
    int m = await(f(1)) + await(f(2)); m += await(f(3)); m += await(f(4));
    return (async_int){ n + m + pair.second };
}
