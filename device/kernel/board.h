/* Peripherals of the board that compartments may be given: first those that an app may have too. */
#ifndef DEVICE_KERNEL_BOARD_H
#define DEVICE_KERNEL_BOARD_H

#include "device/abi/system_table.h"

#include <stddef.h>

extern const struct system_range board_peripherals[];
extern const size_t board_peripheral_count;
extern const size_t board_app_peripheral_count;

#endif
