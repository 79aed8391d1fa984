/* Header of an image slot: the first block of the slot; the image starts at the second.
 *     u32 magic "SLOT", u32 key set size, u32 manifest size (big-endian), key set, manifest, then 0xFF
 * A slot carries the key set that its manifest was signed under, so that old and new stay verifiable side by side.
 * The image file that `sopris image` makes is exactly a slot: header block, then the image.
 * source  docs/protocol/slot.md */
#ifndef DEVICE_ABI_SLOT_H
#define DEVICE_ABI_SLOT_H

#include "base/error.h"
#include "base/span.h"
#include "base/writer.h"
#include "formats/identity/identity.h"

#define SLOT_COUNT 2
#define SLOT_HEADER_SIZE_BYTES 4096
#define SLOT_MAGIC 0x534C4F54u

struct slot_header {
    struct span keyset;   /* borrowed from the header block */
    struct span manifest; /* borrowed from the header block */
};

/* header_block  the first SLOT_HEADER_SIZE_BYTES of the slot, untrusted
 * errors        BOOT_SLOT_EMPTY (all 0xFF magic), BOOT_SLOT_FORMAT */
MUST_USE struct error slot_header_parse(struct span header_block, struct slot_header *out);
/* Fills a whole block. errors  CBOR_CAPACITY */
MUST_USE struct error slot_header_encode(const struct slot_header *header, struct writer *out);

/* Offset in flash and size (header block included) of slot index 0 (A) or 1 (B); asserts on other indices. */
uint32_t slot_offset_bytes(enum component component, uint32_t slot_index);
uint32_t slot_size_bytes(enum component component);

#endif
