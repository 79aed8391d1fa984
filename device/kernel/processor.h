/* What the kernel needs of the processor. Body: armv8m/. */
#ifndef DEVICE_KERNEL_PROCESSOR_H
#define DEVICE_KERNEL_PROCESSOR_H

#include "device/kernel/thread.h"

/* Exceptions, priorities, MPU. */
void processor_init(void);
/* An unprivileged thread at the start of its code, with a fresh stack and its own MPU regions. */
void processor_thread_init(struct thread *thread, const struct system_compartment *entry);
/* A privileged thread of the kernel, without regions. stack_top is exclusive. */
void processor_thread_init_kernel(struct thread *thread, void (*entry)(void), uint32_t *stack, uint32_t *stack_top);
/* Makes the thread's MPU regions the ones in force. */
void processor_regions_load(const struct thread *thread);
/* Processor cycles since the last call; at most a tick may lie between two. */
uint32_t processor_elapsed_cycles(void);
/* Of a thread outside its handler: the frame that the hardware saved last lies there. Not to be trusted. */
uint32_t processor_stack_pointer(uint32_t thread);
void processor_interrupt_enable(uint32_t interrupt, bool enabled);
/* Starts the tick and the first thread; the caller's stack is then the handlers'. */
__attribute__((noreturn)) void processor_start(void);
void processor_wait(void);

#endif
