/* Header of an image slot: the first block of the slot; the image starts at the second.
 *     u32 magic "SLOT", u32 key set size, u32 manifest size (big-endian), key set, manifest, then 0xFF
 * A slot carries the key set that its manifest was signed under, so that old and new stay verifiable side by side.
 * source  docs/protocol/slot.md */
#ifndef FORMATS_SLOT_SLOT_HEADER_H
#define FORMATS_SLOT_SLOT_HEADER_H

#include "base/error.h"
#include "base/span.h"
#include "base/writer.h"

#define SLOT_HEADER_SIZE_BYTES 4096
#define SLOT_MAGIC 0x534C4F54u

/* Slots with their header blocks. device/abi/flash_map.h says where they lie. */
#define SLOT_MONITOR_SIZE_BYTES 0x20000u
#define SLOT_BASE_SIZE_BYTES 0x60000u
#define SLOT_APP_SIZE_BYTES 0x40000u

struct slot_header {
    struct span keyset;   /* borrowed from the header block */
    struct span manifest; /* borrowed from the header block */
};

/* header_block  the first SLOT_HEADER_SIZE_BYTES of the slot, untrusted
 * errors        BOOT_SLOT_EMPTY (all 0xFF magic), BOOT_SLOT_FORMAT */
MUST_USE struct error slot_header_parse(struct span header_block, struct slot_header *out);
/* Fills a whole block. errors  CBOR_CAPACITY */
MUST_USE struct error slot_header_encode(const struct slot_header *header, struct writer *out);

#endif
