#include "device/secure/boot_record_place.h"

#include "device/hal/flash.h"

#define WORD_BLANK 0xFFFFFFFFu

static struct error entry_is_blank(uint32_t index, bool *blank)
{
    *blank = true;
    for (uint32_t offset = 0; offset < BOOT_RECORD_ENTRY_SIZE_BYTES; offset += FLASH_WORD_SIZE) {
        uint32_t word;
        TRY(hal_flash_read(boot_record_place_offset_bytes(index) + offset, (uint8_t *)&word, sizeof(word)));
        *blank = *blank && word == WORD_BLANK;
    }
    return ERROR_NONE;
}

/* Behind the present entry in its block, else at the start of the other block, which is erased. The block of the present
 * entry is never erased, so a power cut finds old or new (threat T-07). */
struct error boot_record_place_find(bool has_present, uint32_t present, uint32_t *place)
{
    const uint32_t per_block = BOOT_RECORD_ENTRIES_PER_BLOCK;
    uint32_t erase_index = 0;
    if (has_present) {
        uint32_t block_start = present - present % per_block;
        for (uint32_t index = present + 1; index < block_start + per_block; index++) {
            bool blank;
            TRY(entry_is_blank(index, &blank));
            if (blank) {
                *place = index;
                return ERROR_NONE;
            }
        }
        erase_index = block_start == 0 ? per_block : 0;
    }
    TRY(hal_flash_erase(boot_record_place_offset_bytes(erase_index), FLASH_BLOCK_SIZE));
    *place = erase_index;
    return ERROR_NONE;
}
