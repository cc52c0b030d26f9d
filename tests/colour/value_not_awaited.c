// gcc: incompatible types when initializing type 'int' using type 'async_int'
// clang: initializing 'int' with .* incompatible type 'async_int'
// error
#include "async.h"

async_int f(void);

async_int g(void)
{
    int n = f();
    return (async_int){ n };
}
