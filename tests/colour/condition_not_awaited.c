// gcc: used struct type value where scalar is required
// clang: statement requires expression of scalar type \('async_int' invalid\)
// error
#include "async.h"

async_int g(struct lock *lock)
{
    if (lock_take(lock))
        return (async_int){ 1 };
    return (async_int){ 0 };
}
