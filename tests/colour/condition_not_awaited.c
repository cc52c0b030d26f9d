// error
#include "async.h"

async_int g(struct lock *lock)
{
    if (lock_take(lock)) // refused
        return (async_int){ 1 };
    return (async_int){ 0 };
}
