// stack.h - stacks for tasks: many, small, used again.
//
//     slab     |guard|      stack|header|guard|      stack|header| ... 64
//                     grows down <-
//
// Above each stack, in its topmost page, is room for a struct of the caller,
// the header: a task at rest that needs little stack has touched this page
// only. The guard is a page that must not be touched; an overflow ends there.

#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>

#ifndef STACK_KIB
#define STACK_KIB 32 // with guard and header; make STACK=64 changes it
#endif

// Returns a zeroed header of this size, above a stack of *size bytes that
// begins at *stack; NULL if there is no memory or no mapping left (errno). A
// stack cannot be given back alone: the caller keeps it for another task.
void *stack_new(size_t header_size, void **stack, size_t *size);

// The size of a stack with its guard: STACK_KIB, or four pages if they are
// larger. (A page has 16 KiB on Apple's arm64, and up to 64 elsewhere.)
int stack_kib(void);

// Is `address` in the guard below this stack?
bool stack_guard_contains(const void *stack, const void *address);

// Resident bytes of a stack, on average; 0 where the system cannot tell.
double stack_touched(void);

// Frees all.
void stacks_free(void);

#endif
