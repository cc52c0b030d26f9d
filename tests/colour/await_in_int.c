// gcc: returning type 'async_int' but 'int'
// clang: returning 'async_int' from .* incompatible result type 'int'
// error
#include "async.h"

struct pair {
    int first;
    int second;
};

int g(void);

int g(void)
{
    int n = await(task_yield());
    (void)n;
    return 0;
}
