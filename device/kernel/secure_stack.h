/* The LIFO rule. The secure world has one stack for calls: when a thread is resumed inside the monitor, the hardware
 * resumes whatever lies on top of that stack, not the frame of the thread that the kernel means. An unprivileged thread
 * that spins on a refused veneer would sooner or later be resumed as the kernel's monitor thread, with its privilege
 * (measured: after 5 ms). So the kernel remembers in which order threads were pre-empted inside the monitor, and resumes
 * there only the last of them.
 * source  device/kernel/README.md; threat T-10 */
#ifndef DEVICE_KERNEL_SECURE_STACK_H
#define DEVICE_KERNEL_SECURE_STACK_H

#include <stdbool.h>
#include <stdint.h>

void secure_stack_init(void);
/* A thread was switched away from; inside: it was pre-empted inside the secure world. */
void secure_stack_note(uint32_t thread, bool inside);
/* May this thread, which was pre-empted inside the secure world, be resumed now? */
bool secure_stack_may_resume(uint32_t thread);
/* Thread on top, THREAD_NONE if the stack is empty. */
uint32_t secure_stack_top(void);
/* Is the thread pre-empted inside the secure world? */
bool secure_stack_holds(uint32_t thread);

#endif
