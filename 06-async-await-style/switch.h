// switch.h - leaves one stack and continues on another.
//
// x86-64 and arm64 have a few lines of assembly, in switch_asm.S. Other
// machines, and builds with SWITCH_UCONTEXT, use ucontext.h: portable, but a
// hundred times slower, because each switch asks the kernel for the signal
// mask.

#ifndef SWITCH_H
#define SWITCH_H

#include "sanitizers.h"

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
    void *sp; // everything else that must survive is on the stack
#endif
    const void *stack; // its lowest byte
    size_t size;
    void *fake_stack; // for AddressSanitizer
    void *fiber; // for ThreadSanitizer
    unsigned id; // for valgrind
};

// Makes a context whose first switch calls `entry`, which must not return. The
// stack has `size` bytes; stack + size is a multiple of 16.
void context_make(
    struct context *context, void *stack, size_t size, void (*entry)(void));
void context_free(struct context *context);

// To be called first in `entry`; `from` is the context that switched to this
// one.
void context_entered(struct context *from);

void stack_switch(void **from_sp, void *to_sp); // switch_asm.S

// Continues with `to`. Stores the caller's context in *from (zeroed at first),
// and returns when another call switches to `from`.
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
