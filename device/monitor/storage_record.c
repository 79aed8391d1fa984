#include "device/monitor/storage_record.h"

#include <assert.h>

#include "base/ensure.h"
#include "base/reader.h"
#include "base/secret.h"
#include "crypto/chacha20_poly1305.h"
#include "device/abi/flash_map.h"
#include "device/monitor/random.h"
#include "device/monitor/storage_key.h"

#define NONCE_OFFSET_BYTES 8
#define TAG_OFFSET_BYTES 20
#define NAME_OFFSET_BYTES 36
#define NAME_SIZE_BYTES (STORAGE_RECORD_HEADER_SIZE_BYTES - NAME_OFFSET_BYTES)

static_assert(NONCE_OFFSET_BYTES == STORAGE_RECORD_BODY_OFFSET_BYTES, "the body starts with the nonce");
static_assert(TAG_OFFSET_BYTES == NONCE_OFFSET_BYTES + CHACHA20_POLY1305_NONCE_SIZE_BYTES, "nonce, then tag");
static_assert(NAME_OFFSET_BYTES == TAG_OFFSET_BYTES + CHACHA20_POLY1305_TAG_SIZE_BYTES, "tag, then name");
static_assert(STORAGE_RECORD_HEADER_SIZE_BYTES % FLASH_WORD_SIZE == 0, "records start at words");

void storage_record_read(const uint8_t *header, struct storage_record *out)
{
    struct reader reader;
    reader_init(&reader, span_of(header, STORAGE_RECORD_HEADER_SIZE_BYTES));
    uint32_t size_bytes = reader_u16(&reader);
    uint32_t complement = reader_u16(&reader);
    uint32_t commit = reader_u32(&reader);
    (void)reader_take(&reader, NAME_OFFSET_BYTES - NONCE_OFFSET_BYTES);
    *out = (struct storage_record){.state = STORAGE_RECORD_BROKEN};
    out->name.storage_class = (enum monitor_storage)reader_u8(&reader);
    out->name.owner = reader_u8(&reader);
    out->name.object = reader_u8(&reader);
    (void)reader_u8(&reader);
    out->epoch = reader_u32(&reader);
    out->counter = reader_u32(&reader);
    if (size_bytes == 0xFFFF && complement == 0xFFFF) {
        out->state = STORAGE_RECORD_FREE;
    } else if ((size_bytes ^ complement) == 0xFFFF && size_bytes <= STORAGE_OBJECT_SIZE_BYTES_MAX) {
        out->data_size_bytes = size_bytes;
        out->state = commit == STORAGE_RECORD_COMMITTED ? STORAGE_RECORD_WHOLE : STORAGE_RECORD_UNCOMMITTED;
    }
}

uint32_t storage_record_size_bytes(const struct storage_record *record)
{
    uint32_t padded = (record->data_size_bytes + FLASH_WORD_SIZE - 1) / FLASH_WORD_SIZE * FLASH_WORD_SIZE;
    return STORAGE_RECORD_HEADER_SIZE_BYTES + padded;
}

static void storage_record_write_header(const struct storage_record *record, uint8_t *bytes)
{
    struct writer writer;
    writer_init(&writer, bytes, STORAGE_RECORD_HEADER_SIZE_BYTES);
    writer_u16(&writer, (uint16_t)record->data_size_bytes);
    writer_u16(&writer, (uint16_t)~record->data_size_bytes);
    writer_u32(&writer, UINT32_MAX);
    uint8_t *nonce = writer_reserve(&writer, CHACHA20_POLY1305_NONCE_SIZE_BYTES);
    ENSURE(nonce != NULL);
    random_bytes(nonce, CHACHA20_POLY1305_NONCE_SIZE_BYTES);
    (void)writer_reserve(&writer, CHACHA20_POLY1305_TAG_SIZE_BYTES);
    writer_u8(&writer, (uint8_t)record->name.storage_class);
    writer_u8(&writer, record->name.owner);
    writer_u8(&writer, record->name.object);
    writer_u8(&writer, 0);
    writer_u32(&writer, record->epoch);
    writer_u32(&writer, record->counter);
    ENSURE(writer_ok(&writer) && writer.size == STORAGE_RECORD_HEADER_SIZE_BYTES);
}

struct error storage_record_seal(const struct storage_record *record, struct span data, uint8_t *bytes)
{
    ENSURE(data.size == record->data_size_bytes && data.size <= STORAGE_OBJECT_SIZE_BYTES_MAX);
    storage_record_write_header(record, bytes);
    uint8_t *body = bytes + STORAGE_RECORD_HEADER_SIZE_BYTES;
    for (size_t index = data.size; index < storage_record_size_bytes(record) - STORAGE_RECORD_HEADER_SIZE_BYTES;
         index++) {
        body[index] = 0xFF;
    }
    struct span associated = span_of(bytes + NAME_OFFSET_BYTES, NAME_SIZE_BYTES);
    struct span plaintext = data;
    if (record->name.storage_class == MONITOR_STORAGE_KEPT) {
        /* Nothing is encrypted: the data are associated data, right behind the name. */
        for (size_t index = 0; index < data.size; index++) {
            body[index] = data.data[index];
        }
        associated.size += data.size;
        plaintext = SPAN_EMPTY;
    }
    uint8_t key[32];
    storage_key(record->name.storage_class, span_of(bytes + NAME_OFFSET_BYTES, NAME_SIZE_BYTES), key);
    struct error error = chacha20_poly1305_seal(key, bytes + NONCE_OFFSET_BYTES, associated, plaintext, body,
                                                bytes + TAG_OFFSET_BYTES);
    secret_wipe(key, sizeof(key));
    return error;
}

struct error storage_record_open(const struct storage_record *record, const uint8_t *bytes, struct writer *out)
{
    const uint8_t *body = bytes + STORAGE_RECORD_HEADER_SIZE_BYTES;
    struct span associated = span_of(bytes + NAME_OFFSET_BYTES, NAME_SIZE_BYTES);
    struct span ciphertext = span_of(body, record->data_size_bytes);
    bool kept = record->name.storage_class == MONITOR_STORAGE_KEPT;
    if (kept) {
        associated.size += ciphertext.size;
        ciphertext = SPAN_EMPTY;
    }
    uint8_t *plaintext = writer_reserve(out, record->data_size_bytes);
    if (plaintext == NULL) {
        return ERROR(MONITOR, CAPACITY);
    }
    uint8_t key[32];
    storage_key(record->name.storage_class, span_of(bytes + NAME_OFFSET_BYTES, NAME_SIZE_BYTES), key);
    struct error error = chacha20_poly1305_open(key, bytes + NONCE_OFFSET_BYTES, associated, ciphertext,
                                                bytes + TAG_OFFSET_BYTES, plaintext);
    secret_wipe(key, sizeof(key));
    if (!error_is_none(error)) {
        return ERROR(MONITOR, SEAL);
    }
    for (size_t index = 0; kept && index < record->data_size_bytes; index++) {
        plaintext[index] = body[index];
    }
    return ERROR_NONE;
}
