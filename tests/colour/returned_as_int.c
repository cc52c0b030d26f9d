// error
#include "async.h"

async_int g(void)
{
    return await(task_yield()); // refused
}
