/* UART0 (CMSDK APB UART). */
#include "device/hal/console.h"

#include "device/abi/memory_map.h"
#include "device/boards/mps3-an524/registers.h"

#define UART_BASE ((uintptr_t)MEMORY_UART0_BASE + MEMORY_SECURE_ALIAS)
#define UART_DATA 0x00u
#define UART_STATE 0x04u
#define UART_CONTROL 0x08u
#define UART_BAUD_DIVIDER 0x10u
#define UART_STATE_TRANSMIT_FULL 1u
#define UART_STATE_RECEIVE_FULL 2u
#define UART_CONTROL_TRANSMIT 1u
#define UART_CONTROL_RECEIVE 2u
#define UART_BAUD_DIVIDER_MIN 16u

void hal_console_init(void)
{
    *register_at(UART_BASE, UART_BAUD_DIVIDER) = UART_BAUD_DIVIDER_MIN;
    *register_at(UART_BASE, UART_CONTROL) = UART_CONTROL_TRANSMIT;
}

void hal_console_write(struct span text)
{
    for (size_t index = 0; index < text.size; index++) {
        while ((*register_at(UART_BASE, UART_STATE) & UART_STATE_TRANSMIT_FULL) != 0) {
        }
        *register_at(UART_BASE, UART_DATA) = text.data[index];
    }
}

bool hal_console_read(uint8_t *byte)
{
    *register_at(UART_BASE, UART_CONTROL) = UART_CONTROL_TRANSMIT | UART_CONTROL_RECEIVE;
    if ((*register_at(UART_BASE, UART_STATE) & UART_STATE_RECEIVE_FULL) == 0) {
        return false;
    }
    *byte = (uint8_t)*register_at(UART_BASE, UART_DATA);
    return true;
}
