/* NOR flash. Offsets from the start of the flash. Read is free; program only clears bits, in aligned words; erase sets
 * a whole block to 0xFF. A power cut may leave the word being programmed torn and the block being erased half erased.
 * Secure code only. */
#ifndef DEVICE_HAL_FLASH_H
#define DEVICE_HAL_FLASH_H

#include "base/error.h"
#include "base/span.h"

/* errors  FLASH_RANGE */
MUST_USE struct error hal_flash_read(uint32_t offset_bytes, uint8_t *out, size_t size_bytes);
/* data may need any 0 -> 1 change only if the word was erased before.
 * errors  FLASH_RANGE, FLASH_ALIGNMENT, FLASH_NOT_ERASED (a bit would have to be set; nothing is written) */
MUST_USE struct error hal_flash_program(uint32_t offset_bytes, struct span data);
/* errors  FLASH_RANGE, FLASH_ALIGNMENT */
MUST_USE struct error hal_flash_erase(uint32_t offset_bytes, size_t size_bytes);

#endif
