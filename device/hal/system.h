/* Reset, time and the jump between images. Secure code only. */
#ifndef DEVICE_HAL_SYSTEM_H
#define DEVICE_HAL_SYSTEM_H

#include <stdint.h>

__attribute__((noreturn)) void hal_system_reset(void);
/* Milliseconds since reset, from a secure timer; on no board does it wrap before 36 hours, and the uptime cap is 24. */
uint32_t hal_system_uptime_ms(void);
/* ROM to monitor: wipes the ROM's RAM, loads the stack from the image's vector table, clears every register, jumps.
 * image_base  address of the verified image in RAM */
__attribute__((noreturn)) void hal_system_start_monitor(uintptr_t image_base);

#endif
