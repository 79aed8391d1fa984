#include "formats/revocation/revocation.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

#define MAGIC 0x52564B31u /* "RVK1" */
#define HEAD_SIZE_BYTES (REVOCATION_SIZE_BYTES - SHA256_DIGEST_SIZE_BYTES)

static_assert(4 + 1 + 8 + 8 + UEID_SIZE_BYTES + 4 + 4 + 2 == HEAD_SIZE_BYTES, "as the header says");

static struct sha256_digest link_after(const struct sha256_digest *before, struct span head)
{
    struct sha256 sha256;
    struct sha256_digest link;
    sha256_init(&sha256);
    sha256_update(&sha256, SPAN_OF(before->bytes));
    sha256_update(&sha256, head);
    sha256_finish(&sha256, &link);
    return link;
}

void revocation_encode(const struct revocation *entry, struct revocation_chain *chain,
                       uint8_t out[REVOCATION_SIZE_BYTES])
{
    struct writer writer;
    writer_init(&writer, out, HEAD_SIZE_BYTES);
    writer_u32(&writer, MAGIC);
    writer_u8(&writer, (uint8_t)entry->kind);
    writer_u64(&writer, chain->number + 1);
    writer_u64(&writer, entry->time_s);
    writer_bytes(&writer, SPAN_OF(entry->ueid.bytes));
    writer_u32(&writer, entry->epoch);
    writer_u32(&writer, entry->reason);
    writer_u16(&writer, 0);
    chain->number++;
    chain->link = link_after(&chain->link, writer_span(&writer));
    memcpy(out + HEAD_SIZE_BYTES, chain->link.bytes, sizeof chain->link.bytes);
}

/* An epoch is named where it means something and nowhere else, so that no two entries say the same. */
static bool is_meaningful(const struct revocation *entry)
{
    bool has_epoch = entry->kind == REVOCATION_EPOCH_MIN || entry->kind == REVOCATION_ORDER;
    return entry->kind >= REVOCATION_EPOCH_MIN && entry->kind <= REVOCATION_RELEASE &&
           has_epoch == (entry->epoch != 0) && entry->ueid.bytes[0] == UEID_TYPE_RAND;
}

struct error revocation_parse(struct span bytes, struct revocation_chain *chain, struct revocation *out)
{
    struct reader reader;
    struct revocation entry;
    reader_init(&reader, bytes);
    bool ok = reader_u32(&reader) == MAGIC;
    entry.kind = (enum revocation_kind)reader_u8(&reader);
    entry.number = reader_u64(&reader);
    entry.time_s = reader_u64(&reader);
    struct span ueid = reader_take(&reader, sizeof entry.ueid.bytes);
    entry.epoch = reader_u32(&reader);
    entry.reason = reader_u32(&reader);
    ok = reader_u16(&reader) == 0 && ok;
    struct span link = reader_take(&reader, SHA256_DIGEST_SIZE_BYTES);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || !ok) {
        return ERROR(REVOCATION, STRUCTURE);
    }
    memcpy(entry.ueid.bytes, ueid.data, sizeof entry.ueid.bytes);
    if (!is_meaningful(&entry)) {
        return ERROR(REVOCATION, STRUCTURE);
    }
    struct sha256_digest expected = link_after(&chain->link, span_of(bytes.data, HEAD_SIZE_BYTES));
    if (entry.number != chain->number + 1 || !span_equal(link, SPAN_OF(expected.bytes))) {
        return ERROR(REVOCATION, CHAIN);
    }
    chain->number = entry.number;
    chain->link = expected;
    *out = entry;
    return ERROR_NONE;
}
