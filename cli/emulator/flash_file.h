/* The file behind a board's DDR, of which one part is its flash. Offsets are those of device/abi/flash_map.h. */
#ifndef CLI_EMULATOR_FLASH_FILE_H
#define CLI_EMULATOR_FLASH_FILE_H

#include <stdint.h>

#include "base/span.h"
#include "cli/outcome.h"

/* Makes the sparse file with the flash erased; refuses to replace one. */
MUST_USE struct outcome flash_file_create(const char *path);
/* Writes into the flash as a factory programmer does: the blocks touched are erased first. */
MUST_USE struct outcome flash_file_write(const char *path, uint32_t offset_bytes, struct span data);
/* Fills out. Also while the board runs: what it is just writing may be read half. */
MUST_USE struct outcome flash_file_read(const char *path, uint32_t offset_bytes, uint8_t *out, size_t size_bytes);

#endif
