/* Secure watchdog: once armed it cannot be stopped; unfed, it resets the device. Secure code only. */
#ifndef DEVICE_HAL_WATCHDOG_H
#define DEVICE_HAL_WATCHDOG_H

#include <stdint.h>

void hal_watchdog_arm(uint32_t timeout_ms);
void hal_watchdog_feed(void);

#endif
