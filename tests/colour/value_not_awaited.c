// error
#include "async.h"

async_int f(void);

async_int g(void)
{
    int n = f(); // refused
    return (async_int){ n };
}
