// gcc: returning type 'async_int' but 'int'
// clang: returning 'async_int' from .* incompatible result type 'int'
// error
#include "async.h"

int g(void);

int g(void)
{
    return await_within(1, task_yield());
}
