/* What a board with memory-mapped flash gives to the one NOR driver in flash.c. */
#ifndef DEVICE_BOARDS_COMMON_FLASH_BACKEND_H
#define DEVICE_BOARDS_COMMON_FLASH_BACKEND_H

#include <stdint.h>

/* The flash as memory, MEMORY_FLASH_SIZE bytes, for reading. */
const volatile uint32_t *flash_backend_words(void);
/* Writes one word; the driver has made sure that it only clears bits. */
void flash_backend_program_word(uint32_t offset_bytes, uint32_t value);
/* Sets one block to 0xFF; the driver has checked the offset. */
void flash_backend_erase_block(uint32_t offset_bytes);

#endif
