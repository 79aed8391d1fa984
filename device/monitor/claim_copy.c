#include "device/monitor/claim_copy.h"

#include <assert.h>

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

#define CLAIM_COPY_MAGIC 0x434C414Du
#define CLAIM_COPY_FIELDS_SIZE_BYTES 44
#define CLAIM_COPY_HEADER_SIZE_BYTES (CLAIM_COPY_FIELDS_SIZE_BYTES + 32)

static_assert(CLAIM_COPY_COUNT * FLASH_BLOCK_SIZE == FLASH_CLAIM_SIZE, "one block a copy");
static_assert(CLAIM_COPY_HEADER_SIZE_BYTES % FLASH_WORD_SIZE == 0, "the bundle starts at a word");
static_assert(CLAIM_COPY_HEADER_SIZE_BYTES + CLAIM_SIZE_BYTES_MAX <= FLASH_BLOCK_SIZE, "a claim fits a block");

static uint32_t claim_copy_offset(uint32_t copy)
{
    ENSURE(copy < CLAIM_COPY_COUNT);
    return FLASH_CLAIM_OFFSET + copy * FLASH_BLOCK_SIZE;
}

static void claim_copy_mac(struct span fields, struct span bundle, struct sha256_digest *mac)
{
    uint8_t key[32];
    derive_key(SPAN_OF(monitor.handoff.secrets.kept_key), MONITOR_LABEL_CLAIM, SPAN_EMPTY, key);
    struct hmac_sha256 hmac;
    hmac_sha256_init(&hmac, SPAN_OF(key));
    hmac_sha256_update(&hmac, fields);
    hmac_sha256_update(&hmac, bundle);
    hmac_sha256_finish(&hmac, mac);
    secret_wipe(key, sizeof(key));
}

struct error claim_copy_read(uint32_t copy, uint32_t epoch, struct buffer *bundle, struct sha256_digest *authority)
{
    uint32_t offset_bytes = claim_copy_offset(copy);
    uint8_t header[CLAIM_COPY_HEADER_SIZE_BYTES];
    TRY(hal_flash_read(offset_bytes, header, sizeof(header)));
    struct reader reader;
    reader_init(&reader, SPAN_OF(header));
    uint32_t magic = reader_u32(&reader);
    uint32_t copy_epoch = reader_u32(&reader);
    uint32_t size_bytes = reader_u32(&reader);
    struct span signer = reader_take(&reader, sizeof(authority->bytes));
    struct span stored_mac = reader_take(&reader, SHA256_DIGEST_SIZE_BYTES);
    /* A copy that was written for another epoch does not count (threat T-14). */
    if (magic != CLAIM_COPY_MAGIC || copy_epoch != epoch || size_bytes > bundle->capacity ||
        size_bytes > CLAIM_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    TRY(hal_flash_read(offset_bytes + CLAIM_COPY_HEADER_SIZE_BYTES, bundle->data, size_bytes));
    struct sha256_digest mac;
    claim_copy_mac(span_of(header, CLAIM_COPY_FIELDS_SIZE_BYTES), span_of(bundle->data, size_bytes), &mac);
    if (!decision_is_true(hardened_equal(stored_mac.data, mac.bytes, sizeof(mac.bytes)))) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    bundle->size = size_bytes;
    for (size_t index = 0; index < sizeof(authority->bytes); index++) {
        authority->bytes[index] = signer.data[index];
    }
    return ERROR_NONE;
}

/* Programs whole words; the last one is filled up with 0xFF. */
static struct error claim_copy_program(uint32_t offset_bytes, struct span data)
{
    size_t whole_bytes = data.size - data.size % FLASH_WORD_SIZE;
    TRY(hal_flash_program(offset_bytes, span_of(data.data, whole_bytes)));
    if (whole_bytes < data.size) {
        uint8_t last[FLASH_WORD_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF};
        for (size_t index = whole_bytes; index < data.size; index++) {
            last[index - whole_bytes] = data.data[index];
        }
        TRY(hal_flash_program(offset_bytes + (uint32_t)whole_bytes, SPAN_OF(last)));
    }
    return ERROR_NONE;
}

struct error claim_copy_write(uint32_t copy, uint32_t epoch, struct span bundle, const struct sha256_digest *authority)
{
    ENSURE(bundle.size <= CLAIM_SIZE_BYTES_MAX);
    uint32_t offset_bytes = claim_copy_offset(copy);
    uint8_t header[CLAIM_COPY_HEADER_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, header, sizeof(header));
    writer_u32(&writer, CLAIM_COPY_MAGIC);
    writer_u32(&writer, epoch);
    writer_u32(&writer, (uint32_t)bundle.size);
    writer_bytes(&writer, SPAN_OF(authority->bytes));
    struct sha256_digest mac;
    claim_copy_mac(writer_span(&writer), bundle, &mac);
    writer_bytes(&writer, SPAN_OF(mac.bytes));
    TRY(hal_flash_erase(offset_bytes, FLASH_BLOCK_SIZE));
    TRY(claim_copy_program(offset_bytes + CLAIM_COPY_HEADER_SIZE_BYTES, bundle));
    /* The header comes last: until it stands whole, this copy does not exist (threat T-07). */
    return hal_flash_program(offset_bytes, SPAN_OF(header));
}
