/* Frames by which a base comes over the secure UART when no slot holds one.  source  docs/protocol/rescue.md */
#ifndef DEVICE_ABI_RESCUE_FRAME_H
#define DEVICE_ABI_RESCUE_FRAME_H

#include "base/error.h"
#include "base/writer.h"

#define RESCUE_MAGIC 0x52534355u /* "RSCU" */
/* Magic, type, offset, size of what follows; then that, then a CRC-32 (IEEE 802.3) over all before it. */
#define RESCUE_HEAD_SIZE_BYTES 11
#define RESCUE_CRC_SIZE_BYTES 4
#define RESCUE_PAYLOAD_SIZE_BYTES_MAX 2048
#define RESCUE_FRAME_SIZE_BYTES_MAX (RESCUE_HEAD_SIZE_BYTES + RESCUE_PAYLOAD_SIZE_BYTES_MAX + RESCUE_CRC_SIZE_BYTES)

enum rescue_type {
    RESCUE_BEGIN = 1, /* key set size 2, key set, manifest size 2, manifest */
    RESCUE_DATA,      /* bytes of the image from offset on */
    RESCUE_FINISH,
};

struct rescue_frame {
    uint8_t type;
    uint32_t offset_bytes;
    struct span payload;
};

uint32_t rescue_crc(struct span bytes);
/* A payload that is too long makes the writer fail. */
void rescue_frame_encode(const struct rescue_frame *frame, struct writer *writer);
/* Exactly one frame; payload borrows.  errors  MONITOR_FRAME */
MUST_USE struct error rescue_frame_parse(struct span bytes, struct rescue_frame *out);

#endif
