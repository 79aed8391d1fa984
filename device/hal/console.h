/* Console of the secure world (UART0): lines for people and for the factory. The ROM takes no input. */
#ifndef DEVICE_HAL_CONSOLE_H
#define DEVICE_HAL_CONSOLE_H

#include "base/span.h"

void hal_console_init(void);
void hal_console_write(struct span text);
/* The next byte that came in; false if there is none yet. Only the monitor's rescue listens. */
bool hal_console_read(uint8_t *byte);

#endif
