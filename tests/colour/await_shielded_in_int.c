// error
#include "async.h"

int g(void);

int g(void)
{
    return await_shielded(task_yield()); // refused
}
