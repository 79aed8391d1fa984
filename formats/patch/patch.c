#include "formats/patch/patch.h"

#include "base/reader.h"

static bool head_is_valid(const struct patch_head *head)
{
    return head->keyset.size > 0 && head->keyset.size <= KEYSET_SIZE_BYTES_MAX && head->manifest.size > 0 &&
           head->manifest.size <= MANIFEST_SIZE_BYTES_MAX && head->base_size_bytes > 0 && head->image_size_bytes > 0;
}

static void digest_read(struct reader *reader, struct sha256_digest *out)
{
    struct span bytes = reader_take(reader, sizeof out->bytes);
    for (size_t index = 0; index < bytes.size; index++) {
        out->bytes[index] = bytes.data[index];
    }
}

struct error patch_head_parse(struct span start, struct patch_head *out, size_t *head_size_bytes)
{
    struct reader reader;
    struct patch_head head;
    reader_init(&reader, start);
    uint32_t magic = reader_u32(&reader);
    size_t keyset_size_bytes = reader_u32(&reader);
    size_t manifest_size_bytes = reader_u32(&reader);
    head.keyset = reader_take(&reader, keyset_size_bytes);
    head.manifest = reader_take(&reader, manifest_size_bytes);
    head.base_size_bytes = reader_u32(&reader);
    digest_read(&reader, &head.base_digest);
    head.image_size_bytes = reader_u32(&reader);
    digest_read(&reader, &head.file_digest);
    if (!reader_ok(&reader) || magic != PATCH_MAGIC || !head_is_valid(&head)) {
        return ERROR(PATCH, STRUCTURE);
    }
    *out = head;
    *head_size_bytes = start.size - reader_remaining(&reader);
    return ERROR_NONE;
}

struct error patch_head_encode(const struct patch_head *head, struct writer *out)
{
    if (!head_is_valid(head)) {
        return ERROR(PATCH, STRUCTURE);
    }
    writer_u32(out, PATCH_MAGIC);
    writer_u32(out, (uint32_t)head->keyset.size);
    writer_u32(out, (uint32_t)head->manifest.size);
    writer_bytes(out, head->keyset);
    writer_bytes(out, head->manifest);
    writer_u32(out, head->base_size_bytes);
    writer_bytes(out, SPAN_OF(head->base_digest.bytes));
    writer_u32(out, head->image_size_bytes);
    writer_bytes(out, SPAN_OF(head->file_digest.bytes));
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
