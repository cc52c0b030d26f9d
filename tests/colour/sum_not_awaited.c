// gcc: invalid operands to binary \+
// clang: invalid operands to binary expression \('async_int' and 'int'\)
// error
#include "async.h"

async_int f(void);

async_int g(void)
{
    return (async_int){ f() + 1 };
}
