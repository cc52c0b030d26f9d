// async.c - stage 6's engine alone: a program of three lines.

#include "async.h"

#include <stdio.h>

static async_int greet(void *name)
{
    int error = await(task_pause(0.01));
    printf("Hello, %s.\n", (char *)name);
    return (async_int){ error };
}

int main(void)
{
    return async_run(NULL, greet, "await") != 0;
}
