// coroutines.c - stage 5's tasks and loop alone.

#include "task.h"

#include <stdio.h>

struct greeting {
    struct coroutine co;
    const char *name;
};

static enum co_state greet(struct coroutine *co)
{
    CO_FRAME(struct greeting, g, co);

    CO_BEGIN(co);
    AWAIT(co, task_pause(0.01));
    printf("Hello, %s.\n", g->name);
leave:
    TASK_END(co, 0);
}

int main(void)
{
    struct greeting greeting = { .name = "task" };
    struct task task;
    int error = loop_init(NULL);

    if (error == 0) {
        task_start(&task, &greeting, greet, "greet");
        error = loop_run();
    }
    loop_free();
    return error != 0 || !task_ended(&task);
}
