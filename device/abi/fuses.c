#include "device/abi/fuses.h"

#include "base/reader.h"

#define FUSES_LAYOUT 1u

_Static_assert(FUSES_SIZE_BYTES == 4 + 4 + SHA256_DIGEST_SIZE_BYTES + 2 * UUID_SIZE_BYTES + 1 + 1 + BATCH_SIZE_BYTES_MAX,
               "the fields fill the blob");

static void copy(uint8_t *out, struct span from)
{
    for (size_t index = 0; index < from.size; index++) {
        out[index] = from.data[index];
    }
}

/* Printable as far as size says, zero behind it: one encoding for each batch. */
static bool batch_is_canonical(const uint8_t *batch, size_t size_bytes)
{
    bool canonical = size_bytes <= BATCH_SIZE_BYTES_MAX;
    for (size_t index = 0; index < BATCH_SIZE_BYTES_MAX; index++) {
        bool printable = batch[index] > 0x20 && batch[index] < 0x7F;
        canonical = canonical && (index < size_bytes ? printable : batch[index] == 0);
    }
    return canonical;
}

struct error fuses_parse(struct span input, struct fuses *out)
{
    struct reader reader;
    reader_init(&reader, input);
    uint32_t magic = reader_u32(&reader);
    uint32_t layout = reader_u32(&reader);
    struct fuses fuses;
    copy(fuses.maker_root_digest.bytes, reader_take(&reader, SHA256_DIGEST_SIZE_BYTES));
    copy(fuses.vendor.bytes, reader_take(&reader, UUID_SIZE_BYTES));
    copy(fuses.device_class.bytes, reader_take(&reader, UUID_SIZE_BYTES));
    uint8_t debug = reader_u8(&reader);
    fuses.debug = debug == 1;
    fuses.batch_size_bytes = reader_u8(&reader);
    copy(fuses.batch, reader_take(&reader, BATCH_SIZE_BYTES_MAX));
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || magic != FUSES_MAGIC || layout != FUSES_LAYOUT ||
        debug > 1 || !batch_is_canonical(fuses.batch, fuses.batch_size_bytes)) {
        return ERROR(BOOT, FUSES);
    }
    *out = fuses;
    return ERROR_NONE;
}

struct error fuses_encode(const struct fuses *fuses, struct writer *out)
{
    if (!batch_is_canonical(fuses->batch, fuses->batch_size_bytes)) {
        return ERROR(BOOT, FUSES);
    }
    writer_u32(out, FUSES_MAGIC);
    writer_u32(out, FUSES_LAYOUT);
    writer_bytes(out, SPAN_OF(fuses->maker_root_digest.bytes));
    writer_bytes(out, SPAN_OF(fuses->vendor.bytes));
    writer_bytes(out, SPAN_OF(fuses->device_class.bytes));
    writer_u8(out, fuses->debug ? 1 : 0);
    writer_u8(out, fuses->batch_size_bytes);
    writer_bytes(out, SPAN_OF(fuses->batch));
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
