// gcc: returning type 'int' but 'async_int'
// clang: returning 'int' from .* incompatible result type 'async_int'
// error
#include "async.h"

async_int g(void)
{
    return await(task_yield());
}
