// error
#include "async.h"

void g(struct lock *lock);

void g(struct lock *lock)
{
    int n = await(lock_take(lock)); // refused
    (void)n;
}
