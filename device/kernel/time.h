/* Milliseconds since the kernel started; wraps after 49 days. */
#ifndef DEVICE_KERNEL_TIME_H
#define DEVICE_KERNEL_TIME_H

#include <stdint.h>

uint32_t time_now_ms(void);
/* From the tick's handler: one millisecond has passed. */
void time_tick(void);
/* Length of the next tick in processor cycles. Apart, so that attacks can run with ticks of random length: a tick of
 * constant length can lock in phase with an attack's loop and hide a race. */
uint32_t time_tick_cycles(void);

#endif
