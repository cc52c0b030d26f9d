// error
#include "async.h"

void print(int n);

async_int g(void)
{
    print(task_pause(1)); // refused
    return (async_int){ 0 };
}
