// error
#include "async.h"

async_int g(void)
{
    return (async_int){ await(await(task_yield())) }; // refused
}
