// error
#include "async.h"

int f(void);

async_int g(void)
{
    return (async_int){ await(f()) }; // refused
}
