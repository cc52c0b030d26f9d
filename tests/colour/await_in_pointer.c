// gcc: returning type 'async_int' but 'char \*'
// clang: returning 'async_int' from .* incompatible result type 'char \*'
// error
#include "async.h"

struct pair {
    int first;
    int second;
};

char *g(void);

char *g(void)
{
    int n = await(task_yield());
    (void)n;
    return 0;
}
