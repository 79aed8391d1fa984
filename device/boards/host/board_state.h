/* State that the files of the host board share; nobody else includes this. */
#ifndef DEVICE_BOARDS_HOST_BOARD_STATE_H
#define DEVICE_BOARDS_HOST_BOARD_STATE_H

#include "device/boards/host/host_board.h"

/* Ends the run of the board. */
__attribute__((noreturn)) void board_end(enum host_event event);

const struct host_board_config *board_config(void);

bool board_flash_open(const char *path, uint32_t offset_bytes);
void board_flash_close(void);
void board_flash_power_on(void);
void board_secrets_power_on(const uint8_t uds[32], const uint8_t seed[32]);
void board_clock_power_on(void);
void board_memory_power_on(void);
void board_console_power_on(void);

#endif
