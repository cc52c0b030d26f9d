// error
#include "async.h"

async_int g(int fd)
{
    int n;
    n = readable(fd, CLOCK_NEVER); // refused
    return (async_int){ n };
}
