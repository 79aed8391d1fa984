/* Which thread runs: by priority, pre-emptive, round robin among equals, under the LIFO rule (secure_stack.h). */
#ifndef DEVICE_KERNEL_SCHEDULE_H
#define DEVICE_KERNEL_SCHEDULE_H

#include "device/kernel/thread.h"

void schedule_init(void);
/* Number of the thread that runs, THREAD_NONE after schedule_forget. */
uint32_t schedule_current(void);
void schedule_set_ready(uint32_t thread, bool ready);
/* The current thread has used its time: equals go first. */
void schedule_rotate(void);
/* The current thread is gone (stopped): what the switch would save of it is thrown away. */
void schedule_forget(void);
/* Picks the next thread; called by the switch with the current one saved. inside: it was inside the secure world. */
struct thread *schedule_next(bool inside);
/* Asks for a switch when the present handler ends. armv8m/switch.c */
void schedule_request(void);

#endif
