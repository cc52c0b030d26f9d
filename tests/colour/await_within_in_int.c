// error
#include "async.h"

int g(void);

int g(void)
{
    return await_within(1, task_yield()); // refused
}
