// error
#include "async.h"

async_int g(void)
{
    while (task_yield()) // refused
        continue;
    return (async_int){ 0 };
}
