// gcc: invalid initializer
// clang: initializing 'const async_int' with .* incompatible type 'int'
// error
#include "async.h"

int f(void);

async_int g(void)
{
    return (async_int){ await(f()) };
}
