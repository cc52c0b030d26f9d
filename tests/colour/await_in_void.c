// gcc: 'return' with a value, in function returning void .*-Werror=
// clang: void function 'g' should not return a value .*-Wreturn-type
// error
#include "async.h"

void g(struct lock *lock);

void g(struct lock *lock)
{
    int n = await(lock_take(lock));
    (void)n;
}
