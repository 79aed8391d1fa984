/* Where the next entry of the boot record goes: the rule that makes every write of it survive a power cut. */
#ifndef DEVICE_SECURE_BOOT_RECORD_PLACE_H
#define DEVICE_SECURE_BOOT_RECORD_PLACE_H

#include "base/error.h"
#include "device/abi/flash_map.h"

#define BOOT_RECORD_ENTRY_SIZE_BYTES 256
#define BOOT_RECORD_ENTRIES_PER_BLOCK (FLASH_BLOCK_SIZE / BOOT_RECORD_ENTRY_SIZE_BYTES)

/* Offset in flash of an entry. */
static inline uint32_t boot_record_place_offset_bytes(uint32_t index)
{
    return FLASH_BOOT_RECORD_OFFSET + index * BOOT_RECORD_ENTRY_SIZE_BYTES;
}

/* A blank place, erased if need be.
 * present  index of the present entry; ignored if there is none
 * place    index of the next one
 * errors   FLASH_* */
MUST_USE struct error boot_record_place_find(bool has_present, uint32_t present, uint32_t *place);

#endif
