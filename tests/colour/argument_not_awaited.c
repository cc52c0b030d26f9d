// gcc: incompatible type for argument 1 of 'print'
// clang: passing 'async_int' to parameter of incompatible type 'int'
// error
#include "async.h"

void print(int n);

async_int g(void)
{
    print(task_pause(1));
    return (async_int){ 0 };
}
