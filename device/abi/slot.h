/* Where the image slots lie in flash. What stands in one is formats/slot/slot_header.h. */
#ifndef DEVICE_ABI_SLOT_H
#define DEVICE_ABI_SLOT_H

#include "formats/identity/identity.h"
#include "formats/slot/slot_header.h"

#define SLOT_COUNT 2

/* Offset in flash and size (header block included) of slot index 0 (A) or 1 (B); asserts on other indices. */
uint32_t slot_offset_bytes(enum component component, uint32_t slot_index);
uint32_t slot_size_bytes(enum component component);

#endif
