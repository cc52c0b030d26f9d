// error
#include "async.h"

struct pair {
    int first;
    int second;
};

struct pair g(void);

struct pair g(void)
{
    int n = await(task_yield()); // refused
    (void)n;
    return (struct pair){ n, 0 };
}
