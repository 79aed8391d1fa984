/* NOR rules over memory-mapped flash, the same on every board: bounds, alignment, bits that only clear. */
#include "device/hal/flash.h"

#include "device/abi/flash_map.h"
#include "device/abi/memory_map.h"
#include "device/boards/common/flash_backend.h"

_Static_assert(FLASH_WORD_SIZE == sizeof(uint32_t), "the program unit is a word");

static bool in_range(uint32_t offset_bytes, size_t size_bytes)
{
    return offset_bytes <= MEMORY_FLASH_SIZE && size_bytes <= MEMORY_FLASH_SIZE - offset_bytes;
}

static uint32_t word_read(uint32_t offset_bytes)
{
    return flash_backend_words()[offset_bytes / FLASH_WORD_SIZE];
}

static uint32_t word_of(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

struct error hal_flash_read(uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    if (!in_range(offset_bytes, size_bytes)) {
        return ERROR(FLASH, RANGE);
    }
    const volatile uint8_t *from = (const volatile uint8_t *)flash_backend_words() + offset_bytes;
    size_t index = 0;
    if (((offset_bytes | (uintptr_t)out) % FLASH_WORD_SIZE) == 0) {
        /* Whole words where both sides allow it: images are most of what is read. */
        for (; size_bytes - index >= FLASH_WORD_SIZE; index += FLASH_WORD_SIZE) {
            *(uint32_t *)(void *)(out + index) = word_read(offset_bytes + (uint32_t)index);
        }
    }
    for (; index < size_bytes; index++) {
        out[index] = from[index];
    }
    return ERROR_NONE;
}

struct error hal_flash_program(uint32_t offset_bytes, struct span data)
{
    if (!in_range(offset_bytes, data.size)) {
        return ERROR(FLASH, RANGE);
    }
    if ((offset_bytes | data.size) % FLASH_WORD_SIZE != 0) {
        return ERROR(FLASH, ALIGNMENT);
    }
    for (size_t index = 0; index < data.size; index += FLASH_WORD_SIZE) {
        uint32_t wanted = word_of(data.data + index);
        if ((word_read(offset_bytes + (uint32_t)index) & wanted) != wanted) {
            return ERROR(FLASH, NOT_ERASED);
        }
    }
    for (size_t index = 0; index < data.size; index += FLASH_WORD_SIZE) {
        uint32_t wanted = word_of(data.data + index);
        if (word_read(offset_bytes + (uint32_t)index) != wanted) {
            flash_backend_program_word(offset_bytes + (uint32_t)index, wanted);
        }
    }
    return ERROR_NONE;
}

struct error hal_flash_erase(uint32_t offset_bytes, size_t size_bytes)
{
    if (!in_range(offset_bytes, size_bytes)) {
        return ERROR(FLASH, RANGE);
    }
    if ((offset_bytes | size_bytes) % FLASH_BLOCK_SIZE != 0) {
        return ERROR(FLASH, ALIGNMENT);
    }
    for (size_t index = 0; index < size_bytes; index += FLASH_BLOCK_SIZE) {
        flash_backend_erase_block(offset_bytes + (uint32_t)index);
    }
    return ERROR_NONE;
}
