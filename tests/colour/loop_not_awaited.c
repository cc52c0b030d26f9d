// gcc: used struct type value where scalar is required
// clang: statement requires expression of scalar type \('async_int' invalid\)
// error
#include "async.h"

async_int g(void)
{
    while (task_yield())
        continue;
    return (async_int){ 0 };
}
