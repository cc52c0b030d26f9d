// gcc: invalid operands to binary ==
// clang: invalid operands to binary expression \('async_int' and 'int'\)
// error
#include "async.h"

async_int g(struct group *group)
{
    while (group_room(group, 3) == 0)
        continue;
    return (async_int){ 0 };
}
