/* Console of the secure world (UART0): lines for people and for the factory. No input in the ROM. */
#ifndef DEVICE_HAL_CONSOLE_H
#define DEVICE_HAL_CONSOLE_H

#include "base/span.h"

void hal_console_init(void);
void hal_console_write(struct span text);

#endif
