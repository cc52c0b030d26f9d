// error
#include "async.h"

async_int g(struct group *group)
{
    while (group_room(group, 3) == 0) // refused
        continue;
    return (async_int){ 0 };
}
