// gcc: incompatible types when assigning to type 'int' from type 'async_int'
// clang: assigning to 'int' from incompatible type 'async_int'
// error
#include "async.h"

async_int g(int fd)
{
    int n;
    n = readable(fd, CLOCK_NEVER);
    return (async_int){ n };
}
