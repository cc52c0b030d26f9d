// callbacks.c - stage 4's loop alone: a call, and a program that ends.

#include "loop.h"

#include <stdio.h>

static void greet(void *name)
{
    printf("Hello, %s.\n", (char *)name);
}

int main(void)
{
    struct loop_call call = { .fn = NULL };
    int error = loop_init(NULL);

    loop_after(&call, 0.01, greet, "loop");
    if (error == 0)
        error = loop_run();
    loop_free();
    return error != 0;
}
