// error
#include "async.h"

struct pair {
    int first;
    int second;
};

int g(void);

int g(void)
{
    int n = await(task_yield()); // refused
    (void)n;
    return 0;
}
