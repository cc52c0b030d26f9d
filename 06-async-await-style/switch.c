// switch.c - makes contexts, and announces them to sanitizers and valgrind.

#include "switch.h"

#include <string.h>

#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

void context_make(
    struct context *context, void *stack, size_t size, void (*entry)(void))
{
    *context = (struct context){ .stack = stack, .size = size };
#ifdef SWITCH_UCONTEXT
    getcontext(&context->machine);
    context->machine.uc_stack.ss_sp = stack;
    context->machine.uc_stack.ss_size = size;
    makecontext(&context->machine, entry, 0);
#else
    // The frame drawn in switch_asm.S, built by hand: `entry` is the return
    // address, and a zero (above it, or in x29) ends a backtrace.
#ifdef __x86_64__
    enum { WORDS = 8, RETURN_ADDRESS = 6 };
#else
    enum { WORDS = 20, RETURN_ADDRESS = 1 };
#endif
    void **sp = (void **)((char *)stack + size) - WORDS;
    memset(sp, 0, WORDS * sizeof(*sp));
    memcpy(&sp[RETURN_ADDRESS], &entry, sizeof(entry)); // ISO C cannot cast it
    context->sp = sp;
#endif
#ifdef TSAN
    context->fiber = __tsan_create_fiber(0);
#endif
#ifdef VALGRIND_STACK_REGISTER
    context->id = VALGRIND_STACK_REGISTER(stack, (char *)stack + size - 1);
#endif
}

void context_free(struct context *context)
{
#ifdef TSAN
    __tsan_destroy_fiber(context->fiber);
#endif
#ifdef VALGRIND_STACK_REGISTER
    VALGRIND_STACK_DEREGISTER(context->id);
#endif
    (void)context;
}

void context_entered(struct context *from)
{
#ifdef ASAN
    __sanitizer_finish_switch_fiber(NULL, &from->stack, &from->size);
#endif
    (void)from;
}
