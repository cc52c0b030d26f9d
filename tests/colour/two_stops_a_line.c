// error
#include "coroutine.h"

enum co_state two(struct coroutine *co)
{
    CO_BEGIN(co);
    // clang-format off
    CO_YIELD(co, NULL); CO_YIELD(co, NULL); // refused
    // clang-format on
leave:
    CO_END(co, NULL);
}
