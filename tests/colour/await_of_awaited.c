// gcc: invalid initializer
// clang: initializing 'const async_int' with .* incompatible type 'int'
// error
#include "async.h"

async_int g(void)
{
    return (async_int){ await(await(task_yield())) };
}
