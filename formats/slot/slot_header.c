#include "formats/slot/slot_header.h"

#include "base/reader.h"
#include "formats/identity/keyset.h"
#include "formats/manifest/manifest.h"

#define SLOT_MAGIC_ERASED 0xFFFFFFFFu
#define SLOT_PADDING 0xFFu

_Static_assert(12 + KEYSET_SIZE_BYTES_MAX + MANIFEST_SIZE_BYTES_MAX <= SLOT_HEADER_SIZE_BYTES,
               "key set and manifest fit the header");

struct error slot_header_parse(struct span header_block, struct slot_header *out)
{
    struct reader reader;
    reader_init(&reader, header_block);
    uint32_t magic = reader_u32(&reader);
    if (reader_ok(&reader) && magic == SLOT_MAGIC_ERASED) {
        return ERROR(BOOT, SLOT_EMPTY);
    }
    size_t keyset_size_bytes = reader_u32(&reader);
    size_t manifest_size_bytes = reader_u32(&reader);
    struct slot_header header = {0};
    header.keyset = reader_take(&reader, keyset_size_bytes);
    header.manifest = reader_take(&reader, manifest_size_bytes);
    struct span padding = reader_take(&reader, reader_remaining(&reader));
    bool ok = reader_ok(&reader) && header_block.size == SLOT_HEADER_SIZE_BYTES && magic == SLOT_MAGIC &&
              keyset_size_bytes != 0 && keyset_size_bytes <= KEYSET_SIZE_BYTES_MAX &&
              manifest_size_bytes != 0 && manifest_size_bytes <= MANIFEST_SIZE_BYTES_MAX;
    for (size_t index = 0; index < padding.size; index++) {
        ok = ok && padding.data[index] == SLOT_PADDING;
    }
    if (!ok) {
        return ERROR(BOOT, SLOT_FORMAT);
    }
    *out = header;
    return ERROR_NONE;
}

struct error slot_header_encode(const struct slot_header *header, struct writer *out)
{
    if (header->keyset.size > KEYSET_SIZE_BYTES_MAX || header->manifest.size > MANIFEST_SIZE_BYTES_MAX) {
        return ERROR(CBOR, CAPACITY);
    }
    writer_u32(out, SLOT_MAGIC);
    writer_u32(out, (uint32_t)header->keyset.size);
    writer_u32(out, (uint32_t)header->manifest.size);
    writer_bytes(out, header->keyset);
    writer_bytes(out, header->manifest);
    size_t padding_size_bytes = SLOT_HEADER_SIZE_BYTES - 12 - header->keyset.size - header->manifest.size;
    for (size_t index = 0; index < padding_size_bytes; index++) {
        writer_u8(out, SLOT_PADDING);
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
