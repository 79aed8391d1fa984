#include "device/abi/provisioning.h"

#include "base/reader.h"

#define PROVISIONING_MAGIC_ERASED 0xFFFFFFFFu

bool provisioning_is_empty(struct span start)
{
    struct reader reader;
    reader_init(&reader, start);
    return reader_u32(&reader) == PROVISIONING_MAGIC_ERASED;
}

struct error provisioning_parse(struct span region, struct provisioning *out)
{
    if (provisioning_is_empty(region)) {
        return ERROR(BOOT, SLOT_EMPTY);
    }
    struct reader reader;
    reader_init(&reader, region);
    uint32_t magic = reader_u32(&reader);
    struct provisioning provisioning = {.certificate_count = reader_u32(&reader)};
    if (!reader_ok(&reader) || magic != PROVISIONING_MAGIC || provisioning.certificate_count == 0 ||
        provisioning.certificate_count > PROVISIONING_CERTIFICATE_COUNT_MAX) {
        return ERROR(BOOT, SLOT_FORMAT);
    }
    for (size_t index = 0; index < provisioning.certificate_count; index++) {
        size_t size_bytes = reader_u32(&reader);
        provisioning.certificates[index] = reader_take(&reader, size_bytes);
        if (!reader_ok(&reader) || size_bytes == 0 || size_bytes > PROVISIONING_CERTIFICATE_SIZE_BYTES_MAX) {
            return ERROR(BOOT, SLOT_FORMAT);
        }
    }
    *out = provisioning;
    return ERROR_NONE;
}

struct error provisioning_encode(const struct provisioning *provisioning, struct writer *out)
{
    writer_u32(out, PROVISIONING_MAGIC);
    writer_u32(out, (uint32_t)provisioning->certificate_count);
    for (size_t index = 0; index < provisioning->certificate_count; index++) {
        writer_u32(out, (uint32_t)provisioning->certificates[index].size);
        writer_bytes(out, provisioning->certificates[index]);
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
