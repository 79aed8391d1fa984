#include "device/abi/rescue_frame.h"

#include "base/reader.h"

#define CRC_POLYNOMIAL 0xEDB88320u

uint32_t rescue_crc(struct span bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t index = 0; index < bytes.size; index++) {
        crc ^= bytes.data[index];
        for (uint32_t bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (CRC_POLYNOMIAL & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

void rescue_frame_encode(const struct rescue_frame *frame, struct writer *writer)
{
    size_t start = writer->size;
    if (frame->payload.size > RESCUE_PAYLOAD_SIZE_BYTES_MAX) {
        (void)writer_reserve(writer, SIZE_MAX);
        return;
    }
    writer_u32(writer, RESCUE_MAGIC);
    writer_u8(writer, frame->type);
    writer_u32(writer, frame->offset_bytes);
    writer_u16(writer, (uint16_t)frame->payload.size);
    writer_bytes(writer, frame->payload);
    if (writer_ok(writer)) {
        struct span all = writer_span(writer);
        writer_u32(writer, rescue_crc(span_of(all.data + start, all.size - start)));
    }
}

struct error rescue_frame_parse(struct span bytes, struct rescue_frame *out)
{
    struct reader reader;
    struct rescue_frame frame;
    reader_init(&reader, bytes);
    uint32_t magic = reader_u32(&reader);
    frame.type = reader_u8(&reader);
    frame.offset_bytes = reader_u32(&reader);
    frame.payload = reader_take(&reader, reader_u16(&reader));
    uint32_t crc = reader_u32(&reader);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || magic != RESCUE_MAGIC ||
        crc != rescue_crc(span_of(bytes.data, bytes.size - RESCUE_CRC_SIZE_BYTES))) {
        return ERROR(MONITOR, FRAME);
    }
    *out = frame;
    return ERROR_NONE;
}
