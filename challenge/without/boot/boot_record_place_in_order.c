/* T-07 taken out: when the block of the present entry is full, it is erased and used from its start, which needs one
 * block instead of two. */
#include "device/secure/boot_record_place.h"

#include "device/hal/flash.h"

struct error boot_record_place_find(bool has_present, uint32_t present, uint32_t *place)
{
    *place = has_present ? (present + 1) % BOOT_RECORD_ENTRIES_PER_BLOCK : 0;
    if (*place == 0) {
        TRY(hal_flash_erase(FLASH_BOOT_RECORD_OFFSET, FLASH_BLOCK_SIZE));
    }
    return ERROR_NONE;
}
