#include "device/monitor/failure_slot.h"

#include <assert.h>

#include "base/constant_time.h"
#include "base/ensure.h"
#include "base/reader.h"
#include "crypto/hmac_sha256.h"
#include "device/hal/flash.h"
#include "device/monitor/state.h"

#define MAC_OFFSET_BYTES 96
#define MAC_SIZE_BYTES 16
#define DONE_OFFSET_BYTES 112
#define ALIKE_OFFSET_BYTES 116
#define LOST_OFFSET_BYTES 136
#define NAME_SIZE_BYTES (FAILURE_NAME_SIZE_BYTES_MAX + 1)

static_assert(DONE_OFFSET_BYTES == MAC_OFFSET_BYTES + MAC_SIZE_BYTES, "record, MAC, then what is added to it");
static_assert(LOST_OFFSET_BYTES % FLASH_WORD_SIZE == 0 && FAILURE_SLOT_SIZE_BYTES % FLASH_WORD_SIZE == 0, "whole words");

static uint32_t offset_of(uint32_t index)
{
    ENSURE(index < FAILURE_SLOT_COUNT);
    return FLASH_FAILURE_OFFSET + index / FAILURE_SLOTS_PER_BLOCK * FLASH_BLOCK_SIZE +
           index % FAILURE_SLOTS_PER_BLOCK * FAILURE_SLOT_SIZE_BYTES;
}

static void slot_mac(const uint8_t *bytes, struct sha256_digest *mac)
{
    hmac_sha256(SPAN_OF(monitor.failure_key), span_of(bytes, MAC_OFFSET_BYTES), mac);
}

static uint32_t cleared_bits(const uint8_t *bytes, size_t size_bytes)
{
    uint32_t count = 0;
    for (size_t bit = 0; bit < 8 * size_bytes; bit++) {
        uint32_t byte = bytes[bit / 8];
        count += (byte >> bit % 8 & 1u) ^ 1u;
    }
    return count;
}

static bool is_blank(const uint8_t *bytes)
{
    return cleared_bits(bytes, FAILURE_SLOT_SIZE_BYTES) == 0;
}

static void slot_decode(const uint8_t *bytes, struct failure_slot *slot)
{
    struct failure_record *record = &slot->record;
    struct reader reader;
    reader_init(&reader, span_of(bytes, MAC_OFFSET_BYTES));
    slot->log = reader_u32(&reader);
    record->number = reader_u32(&reader);
    record->boot_count = reader_u32(&reader);
    record->uptime_s = reader_u32(&reader);
    record->kind = reader_u8(&reader);
    record->component = (enum component)reader_u8(&reader);
    record->compartment = reader_u8(&reader);
    (void)reader_u8(&reader);
    record->sequence = reader_u32(&reader);
    struct span digest = reader_take(&reader, sizeof record->digest.bytes);
    struct span name = reader_take(&reader, NAME_SIZE_BYTES);
    for (size_t index = 0; index < digest.size; index++) {
        record->digest.bytes[index] = digest.data[index];
    }
    for (size_t index = 0; index < name.size; index++) {
        record->name[index] = (char)name.data[index];
    }
    record->cause = reader_u32(&reader);
    record->pc = reader_u32(&reader);
    record->lr = reader_u32(&reader);
    record->address = reader_u32(&reader);
    record->lost = reader_u16(&reader);
    slot->erase_spent = reader_u16(&reader);
    slot->erase_time_min = reader_u32(&reader);
    record->count = (uint16_t)(1 + cleared_bits(bytes + ALIKE_OFFSET_BYTES, LOST_OFFSET_BYTES - ALIKE_OFFSET_BYTES));
    slot->lost_after = cleared_bits(bytes + LOST_OFFSET_BYTES, FAILURE_SLOT_SIZE_BYTES - LOST_OFFSET_BYTES);
    slot->is_done = cleared_bits(bytes + DONE_OFFSET_BYTES, FLASH_WORD_SIZE) != 0;
}

struct error failure_slot_read(uint32_t index, struct failure_slot *out)
{
    uint8_t bytes[FAILURE_SLOT_SIZE_BYTES];
    struct sha256_digest mac;
    TRY(hal_flash_read(offset_of(index), bytes, sizeof bytes));
    out->state = FAILURE_SLOT_BLANK;
    if (is_blank(bytes)) {
        return ERROR_NONE;
    }
    slot_mac(bytes, &mac);
    /* Whoever wrote the flash while the power was off makes no records of this device (T-31). */
    out->state = constant_time_equal(mac.bytes, bytes + MAC_OFFSET_BYTES, MAC_SIZE_BYTES) ? FAILURE_SLOT_WHOLE
                                                                                           : FAILURE_SLOT_BROKEN;
    slot_decode(bytes, out);
    return ERROR_NONE;
}

struct error failure_slot_write(uint32_t index, const struct failure_slot *slot)
{
    const struct failure_record *record = &slot->record;
    uint8_t bytes[DONE_OFFSET_BYTES];
    struct sha256_digest mac;
    struct writer writer;
    writer_init(&writer, bytes, sizeof bytes);
    writer_u32(&writer, slot->log);
    writer_u32(&writer, record->number);
    writer_u32(&writer, record->boot_count);
    writer_u32(&writer, record->uptime_s);
    writer_u8(&writer, record->kind);
    writer_u8(&writer, (uint8_t)record->component);
    writer_u8(&writer, record->compartment);
    writer_u8(&writer, 0);
    writer_u32(&writer, record->sequence);
    writer_bytes(&writer, SPAN_OF(record->digest.bytes));
    writer_bytes(&writer, SPAN_OF(record->name));
    writer_u32(&writer, record->cause);
    writer_u32(&writer, record->pc);
    writer_u32(&writer, record->lr);
    writer_u32(&writer, record->address);
    writer_u16(&writer, record->lost);
    writer_u16(&writer, (uint16_t)slot->erase_spent);
    writer_u32(&writer, slot->erase_time_min);
    ENSURE(writer_ok(&writer) && writer.size == MAC_OFFSET_BYTES);
    slot_mac(bytes, &mac);
    writer_bytes(&writer, span_of(mac.bytes, MAC_SIZE_BYTES));
    /* In order: until the last word stands, the MAC is wrong and there is no record (T-07). */
    return hal_flash_program(offset_of(index), SPAN_OF(bytes));
}

struct error failure_slot_set_done(uint32_t index)
{
    static const uint8_t done[FLASH_WORD_SIZE] = {0};
    return hal_flash_program(offset_of(index) + DONE_OFFSET_BYTES, SPAN_OF(done));
}

struct error failure_slot_count(uint32_t index, enum failure_tally tally, bool *counted)
{
    uint32_t offset_bytes = offset_of(index) + (tally == FAILURE_TALLY_ALIKE ? ALIKE_OFFSET_BYTES : LOST_OFFSET_BYTES);
    uint32_t end_bytes = offset_of(index) + (tally == FAILURE_TALLY_ALIKE ? LOST_OFFSET_BYTES : FAILURE_SLOT_SIZE_BYTES);
    *counted = false;
    for (; offset_bytes < end_bytes && !*counted; offset_bytes += FLASH_WORD_SIZE) {
        uint32_t word = 0;
        TRY(hal_flash_read(offset_bytes, (uint8_t *)&word, sizeof word));
        if (word != 0) {
            word &= word - 1;
            TRY(hal_flash_program(offset_bytes, span_of(&word, sizeof word)));
            *counted = true;
        }
    }
    return ERROR_NONE;
}
