/* Parts of the kernel that fit nowhere else. */
#ifndef DEVICE_KERNEL_KERNEL_H
#define DEVICE_KERNEL_KERNEL_H

#include <stdint.h>

/* First C code of the kernel, on its main stack. */
__attribute__((noreturn)) void kernel_main(void);
/* A kernel call of the current thread. frame: r0 to r3, r12, lr, pc, xPSR, in its own checked stack. */
void kernel_call(uint32_t *frame);
/* The kernel's own failure: ends in the secure world, which resets. */
__attribute__((noreturn)) void kernel_panic(void);
/* Body of the thread that calls the monitor. */
__attribute__((noreturn)) void monitor_thread(void);

/* Supervisor calls of the monitor thread alone; numbers apart from enum kernel_call. */
#define KERNEL_CALL_MONITOR_TAKE 0x100 /* r0 = call number or 0, r1 = size */
#define KERNEL_CALL_MONITOR_DONE 0x101 /* r1 = code */

#endif
