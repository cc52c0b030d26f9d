// switch.h - leaves one stack, and goes on with another.
//
// By the few lines of assembly in switch_asm.S, or by ucontext.h where there
// are none for the machine or where SWITCH_UCONTEXT is defined: portable, and
// a hundred times slower, because it asks the kernel about signals each time.

#ifndef SWITCH_H
#define SWITCH_H

#include <stddef.h>

#if !defined(__LP64__) || (!defined(__ELF__) && !defined(__APPLE__)) \
    || (!defined(__x86_64__) && !defined(__aarch64__))
#define SWITCH_UCONTEXT
#endif
#ifdef SWITCH_UCONTEXT
#include <ucontext.h>
#endif
#ifdef ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef TSAN
#include <sanitizer/tsan_interface.h>
#endif

struct context {
#ifdef SWITCH_UCONTEXT
    ucontext_t machine;
#else
    void *sp; // all else that must survive is on the stack
#endif
    const void *stack; // its lowest byte
    size_t size;
    void *fake_stack; // for AddressSanitizer
    void *fiber; // for ThreadSanitizer
    unsigned id; // for valgrind
};

// A context that begins with `entry`, which never returns, on a stack of so
// many bytes that ends before stack + size (a multiple of 16).
void context_make(
    struct context *context, void *stack, size_t size, void (*entry)(void));
void context_free(struct context *context);

// First thing in `entry`: says which context it came from.
void context_entered(struct context *from);

void stack_switch(void **from_sp, void *to_sp); // switch_asm.S

// Goes on with `to`; returns when somebody switches to `from`. That may be
// zeroed before: it becomes the context of who calls this.
static inline void context_switch(struct context *from, struct context *to)
{
#ifdef ASAN
    __sanitizer_start_switch_fiber(&from->fake_stack, to->stack, to->size);
#endif
#ifdef TSAN
    from->fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
#ifdef SWITCH_UCONTEXT
    swapcontext(&from->machine, &to->machine);
#else
    stack_switch(&from->sp, to->sp);
#endif
#ifdef ASAN
    __sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

#endif
