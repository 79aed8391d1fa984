/* The board's flash is file-backed memory that keeps its contents; the driver in device/boards/common gives it the
 * rules of NOR. */
#include "device/abi/flash_map.h"
#include "device/abi/memory_map.h"
#include "device/boards/common/flash_backend.h"
#include "device/boards/mps3-an524/registers.h"

const volatile uint32_t *flash_backend_words(void)
{
    return register_at(MEMORY_FLASH_BASE, 0);
}

void flash_backend_program_word(uint32_t offset_bytes, uint32_t value)
{
    *register_at(MEMORY_FLASH_BASE, offset_bytes) = value;
}

void flash_backend_erase_block(uint32_t offset_bytes)
{
    for (uint32_t index = 0; index < FLASH_BLOCK_SIZE; index += FLASH_WORD_SIZE) {
        *register_at(MEMORY_FLASH_BASE, offset_bytes + index) = 0xFFFFFFFFu;
    }
}
