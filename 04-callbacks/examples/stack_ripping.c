// stack_ripping.c - coffee needs hot water, hot water needs gas, and there is
// no gas. The call stack shows where the wish came from; a chain of callbacks
// has no such stack.

#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

// The backtrace of a debugger, kept by hand so that every system prints the
// same.
struct frame {
    const char *name;
    struct frame *outer;
};

static _Thread_local struct frame *innermost;

#define ENTER \
    struct frame here = { __func__, innermost }; \
    innermost = &here
#define LEAVE innermost = here.outer

static void fail(const char *why)
{
    printf("%s. The stack, innermost first:\n", why);
    for (struct frame *f = innermost; f != NULL; f = f->outer)
        printf("    %s\n", f->name);
}

// --- Three steps that call one another ---

static void light_gas(void)
{
    ENTER;
    fail("No gas");
    LEAVE;
}

static void boil_water(void)
{
    ENTER;
    light_gas();
    LEAVE;
}

static void make_coffee(void)
{
    ENTER;
    boil_water();
    LEAVE;
}

// --- The same three steps; each asks the loop to call the next ---

static struct loop_call next;

static void gas_step(void *unused)
{
    (void)unused;
    ENTER;
    fail("No gas");
    LEAVE;
}

static void water_step(void *unused)
{
    (void)unused;
    ENTER;
    loop_after(&next, 1, gas_step, NULL);
    LEAVE;
}

static void coffee_step(void)
{
    ENTER;
    loop_after(&next, 1, water_step, NULL);
    LEAVE;
}

int main(void)
{
    setenv("CLOCK", "virtual", 1);
    if (loop_init(NULL) != 0)
        return 1;
    ENTER;
    printf("As calls: ");
    make_coffee();
    printf("As callbacks: ");
    coffee_step();
    struct frame loop = { "loop_run", innermost };
    innermost = &loop;
    int error = loop_run();
    printf("Who wanted hot water? The second stack cannot say.\n");
    LEAVE;
    loop_free();
    return error != 0;
}
