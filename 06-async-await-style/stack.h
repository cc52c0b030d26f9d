// stack.h - stacks for tasks: many, small, used again.
//
//     slab     |guard|      stack|owner|guard|      stack|owner| ... 64 of them
//                     grows down <-
//
// The owner of a stack, a struct of whoever uses it, lives above it in the same
// page: a task at rest has touched that page alone. The guard is a page that
// nobody may touch.

#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>

#ifndef STACK
#define STACK 32 // KiB, all included: make STACK=
#endif

// Room for an owner of so many bytes, zeroed, above *size bytes of stack that
// begin at *stack; or NULL, out of memory or of mappings (errno). Only new
// ones: what is to be used again is kept by who used it.
void *stack_new(size_t owner_size, void **stack, size_t *size);

// The size of a stack with its guard: STACK, or four pages where that is more,
// because pages have 16 KiB on Apple's arm64, and up to 64 elsewhere.
int stack_kib(void);

// Is this the guard under that stack?
bool stack_guards(const void *stack, const void *address);

// Bytes that were ever touched, on average; 0 if nobody can tell.
double stack_touched(void);

// Frees all.
void stacks_free(void);

#endif
