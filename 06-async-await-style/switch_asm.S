// switch_asm.S - void stack_switch(void **from_sp, void *to_sp)
//
// 1. Push the registers that a function must preserve. 2. Store the stack
// pointer in *from_sp, and load to_sp. 3. Pop the registers that were pushed
// there. 4. Jump to the return address. A stack at rest, from low to high:
//
//     x86-64  r15 r14 r13 r12 rbx rbp | return address | caller's frame
//     arm64   x29 | return address | x19 to x28 | d8 to d15 | caller's frame
//
// (A `ret` would be predicted to return to our own caller, and cost six times
// as much. The floating-point control words are not switched: all tasks of a
// thread share them.)

    .text
    .balign 16
#ifdef __APPLE__ // C compilers put a _ before each name there
#define stack_switch _stack_switch
    .private_extern stack_switch
#elif defined(__ELF__)
    .hidden stack_switch
    .type stack_switch, %function
#endif
    .globl stack_switch
stack_switch:
#if defined(__x86_64__)
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx // return address
    jmp *%rcx
#elif defined(__aarch64__)
    stp x29, x30, [sp, #-160]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x16, [sp], #160 // return address
    mov x30, xzr
    br x16
#endif
#ifdef __ELF__
    .size stack_switch, .-stack_switch
    .section .note.GNU-stack, "", %progbits // our stacks hold no code
#endif
