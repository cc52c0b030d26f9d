// error
#include "async.h"

struct pair {
    int first;
    int second;
};

char *g(void);

char *g(void)
{
    int n = await(task_yield()); // refused
    (void)n;
    return 0;
}
