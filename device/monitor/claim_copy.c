#include "device/monitor/claim_copy.h"

#include <assert.h>
#include <string.h>

#include "base/ensure.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "crypto/hmac_sha256.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"
#include "device/monitor/decision.h"
#include "device/monitor/state.h"
#include "device/secure/derive.h"

#define CLAIM_COPY_MAGIC 0x434C4132u
#define CLAIM_COPY_FIELDS_SIZE_BYTES 52
#define CLAIM_COPY_HEADER_SIZE_BYTES (CLAIM_COPY_FIELDS_SIZE_BYTES + 32)

static_assert(CLAIM_COPY_COUNT * FLASH_BLOCK_SIZE == FLASH_CLAIM_SIZE, "one block a copy");
static_assert(CLAIM_COPY_HEADER_SIZE_BYTES % FLASH_WORD_SIZE == 0, "the bundle starts at a word");
static_assert(CLAIM_COPY_HEADER_SIZE_BYTES + MONITOR_CLAIM_SIZE_BYTES_MAX <= FLASH_BLOCK_SIZE, "a claim fits a block");

static uint32_t claim_copy_offset(uint32_t index)
{
    ENSURE(index < CLAIM_COPY_COUNT);
    return FLASH_CLAIM_OFFSET + index * FLASH_BLOCK_SIZE;
}

static void claim_copy_mac(struct span fields, struct span bundle, struct span app_next, struct sha256_digest *mac)
{
    uint8_t key[32];
    derive_key(SPAN_OF(monitor.handoff.secrets.kept_key), MONITOR_LABEL_CLAIM, SPAN_EMPTY, key);
    struct hmac_sha256 hmac;
    hmac_sha256_init(&hmac, SPAN_OF(key));
    hmac_sha256_update(&hmac, fields);
    hmac_sha256_update(&hmac, bundle);
    hmac_sha256_update(&hmac, app_next);
    hmac_sha256_finish(&hmac, mac);
    secret_wipe(key, sizeof(key));
}

static struct error claim_copy_read_header(struct span header, uint32_t epoch, struct buffer memory,
                                           struct claim_copy *out)
{
    struct reader reader;
    reader_init(&reader, header);
    uint32_t magic = reader_u32(&reader);
    out->epoch = reader_u32(&reader);
    out->revision = reader_u32(&reader);
    size_t bundle_size_bytes = reader_u32(&reader);
    size_t next_size_bytes = reader_u32(&reader);
    /* A copy that was written for another epoch does not count (threat T-14). */
    if (magic != CLAIM_COPY_MAGIC || out->epoch != epoch || bundle_size_bytes > CLAIM_SIZE_BYTES_MAX ||
        next_size_bytes > KEYSET_SIZE_BYTES_MAX || bundle_size_bytes + next_size_bytes > memory.capacity) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    struct span signer = reader_take(&reader, sizeof(out->authority.bytes));
    memcpy(out->authority.bytes, signer.data, signer.size);
    out->bundle = span_of(memory.data, bundle_size_bytes);
    out->app_next = span_of(memory.data + bundle_size_bytes, next_size_bytes);
    return ERROR_NONE;
}

struct error claim_copy_read(uint32_t index, uint32_t epoch, struct buffer memory, struct claim_copy *out)
{
    uint32_t offset_bytes = claim_copy_offset(index);
    uint8_t header[CLAIM_COPY_HEADER_SIZE_BYTES];
    struct claim_copy copy;
    TRY(hal_flash_read(offset_bytes, header, sizeof(header)));
    TRY(claim_copy_read_header(SPAN_OF(header), epoch, memory, &copy));
    TRY(hal_flash_read(offset_bytes + CLAIM_COPY_HEADER_SIZE_BYTES, memory.data,
                       copy.bundle.size + copy.app_next.size));
    struct sha256_digest mac;
    claim_copy_mac(span_of(header, CLAIM_COPY_FIELDS_SIZE_BYTES), copy.bundle, copy.app_next, &mac);
    if (!decision_is_true(hardened_equal(header + CLAIM_COPY_FIELDS_SIZE_BYTES, mac.bytes, sizeof(mac.bytes)))) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    *out = copy;
    return ERROR_NONE;
}

static uint8_t byte_at(struct span bundle, struct span app_next, size_t index)
{
    if (index < bundle.size) {
        return bundle.data[index];
    }
    return index - bundle.size < app_next.size ? app_next.data[index - bundle.size] : 0xFF;
}

/* Programs both as one run of whole words; the last one is filled up with 0xFF. */
static struct error claim_copy_program(uint32_t offset_bytes, struct span bundle, struct span app_next)
{
    size_t total_bytes = bundle.size + app_next.size;
    for (size_t done_bytes = 0; done_bytes < total_bytes; done_bytes += FLASH_WORD_SIZE) {
        uint8_t word[FLASH_WORD_SIZE];
        for (size_t index = 0; index < sizeof(word); index++) {
            word[index] = byte_at(bundle, app_next, done_bytes + index);
        }
        TRY(hal_flash_program(offset_bytes + (uint32_t)done_bytes, SPAN_OF(word)));
    }
    return ERROR_NONE;
}

struct error claim_copy_write(uint32_t index, const struct claim_copy *copy)
{
    ENSURE(copy->bundle.size <= CLAIM_SIZE_BYTES_MAX && copy->app_next.size <= KEYSET_SIZE_BYTES_MAX);
    uint32_t offset_bytes = claim_copy_offset(index);
    uint8_t header[CLAIM_COPY_HEADER_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, header, sizeof(header));
    writer_u32(&writer, CLAIM_COPY_MAGIC);
    writer_u32(&writer, copy->epoch);
    writer_u32(&writer, copy->revision);
    writer_u32(&writer, (uint32_t)copy->bundle.size);
    writer_u32(&writer, (uint32_t)copy->app_next.size);
    writer_bytes(&writer, SPAN_OF(copy->authority.bytes));
    struct sha256_digest mac;
    claim_copy_mac(writer_span(&writer), copy->bundle, copy->app_next, &mac);
    writer_bytes(&writer, SPAN_OF(mac.bytes));
    TRY(hal_flash_erase(offset_bytes, FLASH_BLOCK_SIZE));
    TRY(claim_copy_program(offset_bytes + CLAIM_COPY_HEADER_SIZE_BYTES, copy->bundle, copy->app_next));
    /* The header comes last: until it stands whole, this copy does not exist (threat T-07). */
    return hal_flash_program(offset_bytes, SPAN_OF(header));
}
