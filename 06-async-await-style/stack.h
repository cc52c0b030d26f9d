// stack.h - stacks for tasks: many, small, used again.
//
//     slab     |guard|      stack|owner|guard|      stack|owner| ... 64 of them
//                     grows down <-
//
// The owner of a stack is a struct of its user, in the same page as the stack's
// beginning: a task at rest has touched this page only. The guard is a page
// that must not be touched; an overflow ends there.

#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>

#ifndef STACK_KIB
#define STACK_KIB 32 // with guard and owner: make STACK=
#endif

// Returns zeroed room for an owner of this size; the stack below has *size
// bytes from *stack on. Returns NULL if there is no memory or no mapping left
// (errno). A stack cannot be given back alone: its user keeps it for the next
// task.
void *stack_new(size_t owner_size, void **stack, size_t *size);

// The size of a stack with its guard: STACK_KIB, or four pages if they are
// larger. (A page has 16 KiB on Apple's arm64, and up to 64 elsewhere.)
int stack_kib(void);

// Is `address` in the guard below this stack?
bool stack_guards(const void *stack, const void *address);

// Bytes that were ever touched, a stack on average; 0 where the system cannot
// tell.
double stack_touched(void);

// Frees all.
void stacks_free(void);

#endif
