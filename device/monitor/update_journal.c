#include "device/monitor/update_journal.h"

#include <assert.h>
#include <string.h>

#include "base/ensure.h"
#include "base/reader.h"
#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"

#define JOURNAL_MAGIC 0x5550444Au
#define JOURNAL_FIELDS_SIZE_BYTES (16 + SHA256_DIGEST_SIZE_BYTES)
#define JOURNAL_WORDS_OFFSET (FLASH_UPDATE_OFFSET + JOURNAL_FIELDS_SIZE_BYTES)
#define JOURNAL_WORD_COUNT (FLASH_BASE_SLOT_SIZE / FLASH_BLOCK_SIZE)
#define JOURNAL_WORD_BLANK 0xFFFFFFFFu

static_assert(FLASH_UPDATE_SIZE == FLASH_BLOCK_SIZE, "erased as a whole");
static_assert(FLASH_BASE_SLOT_SIZE >= FLASH_MONITOR_SLOT_SIZE && FLASH_BASE_SLOT_SIZE >= FLASH_APP_SLOT_SIZE,
              "a word for each block of the largest slot");
/* A half erased journal keeps either its fields, then its words too, or neither. */
static_assert(JOURNAL_FIELDS_SIZE_BYTES + JOURNAL_WORD_COUNT * FLASH_WORD_SIZE <= FLASH_BLOCK_SIZE / 2,
              "fields and words stand in the first half");

static void journal_encode(const struct update_journal *journal, uint8_t out[JOURNAL_FIELDS_SIZE_BYTES])
{
    struct writer writer;
    writer_init(&writer, out, JOURNAL_FIELDS_SIZE_BYTES);
    writer_u32(&writer, JOURNAL_MAGIC);
    writer_u32(&writer, (uint32_t)journal->component);
    writer_u32(&writer, journal->slot_index);
    writer_u32(&writer, journal->sequence);
    writer_bytes(&writer, SPAN_OF(journal->manifest_digest.bytes));
    ENSURE(writer_ok(&writer) && writer.size == JOURNAL_FIELDS_SIZE_BYTES);
}

struct error update_journal_find(const struct update_journal *wanted, uint32_t *block_count)
{
    struct update_journal present;
    uint32_t count;
    TRY(update_journal_read(&present, &count));
    if (wanted->component != present.component || wanted->slot_index != present.slot_index ||
        wanted->sequence != present.sequence ||
        !span_equal(SPAN_OF(wanted->manifest_digest.bytes), SPAN_OF(present.manifest_digest.bytes))) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    *block_count = count;
    return ERROR_NONE;
}

struct error update_journal_read(struct update_journal *out, uint32_t *block_count)
{
    uint8_t fields[JOURNAL_FIELDS_SIZE_BYTES];
    struct reader reader;
    TRY(hal_flash_read(FLASH_UPDATE_OFFSET, fields, sizeof(fields)));
    reader_init(&reader, SPAN_OF(fields));
    if (reader_u32(&reader) != JOURNAL_MAGIC) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    uint32_t component = reader_u32(&reader);
    uint32_t slot_index = reader_u32(&reader);
    uint32_t sequence = reader_u32(&reader);
    struct span digest = reader_take(&reader, SHA256_DIGEST_SIZE_BYTES);
    if (component < COMPONENT_MONITOR || component > COMPONENT_COUNT || slot_index >= SLOT_COUNT) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    *out = (struct update_journal){
        .component = (enum component)component, .slot_index = slot_index, .sequence = sequence};
    memcpy(out->manifest_digest.bytes, digest.data, sizeof(out->manifest_digest.bytes));
    uint32_t count = 0;
    for (uint32_t word = 0; count < JOURNAL_WORD_COUNT; count++) {
        TRY(hal_flash_read(JOURNAL_WORDS_OFFSET + count * FLASH_WORD_SIZE, (uint8_t *)&word, sizeof(word)));
        if (word == JOURNAL_WORD_BLANK) {
            break;
        }
    }
    *block_count = count;
    return ERROR_NONE;
}

struct error update_journal_erase(void)
{
    return hal_flash_erase(FLASH_UPDATE_OFFSET, FLASH_UPDATE_SIZE);
}

struct error update_journal_write(const struct update_journal *journal)
{
    uint8_t fields[JOURNAL_FIELDS_SIZE_BYTES];
    journal_encode(journal, fields);
    TRY(hal_flash_program(FLASH_UPDATE_OFFSET + FLASH_WORD_SIZE,
                          span_of(fields + FLASH_WORD_SIZE, sizeof(fields) - FLASH_WORD_SIZE)));
    /* The magic comes last: until it stands there is no journal (threat T-07). */
    return hal_flash_program(FLASH_UPDATE_OFFSET, span_of(fields, FLASH_WORD_SIZE));
}

struct error update_journal_advance(uint32_t block_index)
{
    static const uint8_t programmed[FLASH_WORD_SIZE] = {0};
    ENSURE(block_index < JOURNAL_WORD_COUNT);
    return hal_flash_program(JOURNAL_WORDS_OFFSET + block_index * FLASH_WORD_SIZE, SPAN_OF(programmed));
}
