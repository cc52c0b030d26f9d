// warning
#include "async.h"

async_int f(void);

async_int g(void)
{
    f(); // refused
    return (async_int){ 0 };
}
