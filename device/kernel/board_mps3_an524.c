#include "device/abi/memory_map.h"
#include "device/kernel/board.h"

const struct system_range board_peripherals[] = {
    {MEMORY_FPGAIO_BASE, 0x1000},
    {MEMORY_I2C_SHIELD0_BASE, 0x1000},
    {MEMORY_I2C_SHIELD1_BASE, 0x1000},
    {MEMORY_ETHERNET_BASE, 0x1000},
};
const size_t board_peripheral_count = sizeof board_peripherals / sizeof board_peripherals[0];
const size_t board_app_peripheral_count = sizeof board_peripherals / sizeof board_peripherals[0] - 1;
