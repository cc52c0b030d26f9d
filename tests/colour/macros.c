// clean
#include "async.h"

#define TRY(call) \
    do { \
        int error_ = await(call); \
        if (error_ != 0) \
            return (async_int){ error_ }; \
    } while (0)
#define BOTH(a, b) (await(a) + await(b))
#define TWICE(a) BOTH(a, a)

async_int f(int n);

async_int g(void)
{
    TRY(f(1));
    TRY(f(BOTH(f(2), f(3)))); TRY(f(4));
    int n = TWICE(f(TWICE(f(5))));
    return (async_int){ n };
}
