// gcc: returning type 'async_int' but 'struct pair'
// clang: returning 'async_int' from .* incompatible result type 'struct pair'
// error
#include "async.h"

struct pair {
    int first;
    int second;
};

struct pair g(void);

struct pair g(void)
{
    int n = await(task_yield());
    (void)n;
    return (struct pair){ n, 0 };
}
