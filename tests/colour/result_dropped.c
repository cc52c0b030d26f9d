// gcc: ignoring return value .*'nodiscard'.*\[-Wunused-result\]
// clang: ignoring return value of .*'warn_unused_result'
// warning
#include "async.h"

async_int f(void);

async_int g(void)
{
    f();
    return (async_int){ 0 };
}
