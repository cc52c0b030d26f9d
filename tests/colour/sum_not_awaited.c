// error
#include "async.h"

async_int f(void);

async_int g(void)
{
    return (async_int){ f() + 1 }; // refused
}
