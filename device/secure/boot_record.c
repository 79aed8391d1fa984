/* Layout of one entry, ENTRY_SIZE_BYTES, big-endian (docs/protocol/boot-record.md):
 *     head   magic, layout, sequence, boot count, epoch and generation requested, slots, attempts, trials, the monitor's
 *     MAC    HMAC-SHA-256 over the head
 *     boots  unary words, one for each boot since the entry
 *     attempts  unary words, ATTEMPT_WORD_COUNT for each component, one for each attempt since the entry */
#include "device/secure/boot_record.h"

#include <string.h>

#include "base/constant_time.h"
#include "base/ensure.h"
#include "base/reader.h"
#include "base/secret.h"
#include "crypto/hmac_sha256.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"
#include "device/secure/boot_record_place.h"

#define ENTRY_SIZE_BYTES BOOT_RECORD_ENTRY_SIZE_BYTES
#define ENTRY_COUNT (FLASH_BOOT_RECORD_SIZE / ENTRY_SIZE_BYTES)
#define ENTRY_MAGIC 0x42524543u
#define ENTRY_LAYOUT 2u
#define HEAD_SIZE_BYTES 96
#define SIGNED_SIZE_BYTES (HEAD_SIZE_BYTES + SHA256_DIGEST_SIZE_BYTES)
#define BOOT_WORDS_OFFSET_BYTES SIGNED_SIZE_BYTES
#define BOOT_WORD_COUNT 20
#define ATTEMPT_WORDS_OFFSET_BYTES (BOOT_WORDS_OFFSET_BYTES + BOOT_WORD_COUNT * FLASH_WORD_SIZE)
#define ATTEMPT_WORD_COUNT 4
#define WORD_BLANK 0xFFFFFFFFu
/* Beyond this an entry does not count as intact, so that no entry, whoever wrote it, blocks its successors. */
#define SEQUENCE_MAX 0xFFFF0000u

_Static_assert(ATTEMPT_WORDS_OFFSET_BYTES + COMPONENT_COUNT * ATTEMPT_WORD_COUNT * FLASH_WORD_SIZE == ENTRY_SIZE_BYTES,
               "the words fill the entry");
_Static_assert(FLASH_BOOT_RECORD_SIZE == 2 * FLASH_BLOCK_SIZE, "two blocks, so that one may be erased");

static uint32_t entry_index(const struct boot_record *record)
{
    return (record->entry_offset_bytes - FLASH_BOOT_RECORD_OFFSET) / ENTRY_SIZE_BYTES;
}

static void head_encode(const struct boot_state *state, uint32_t sequence, struct writer *out)
{
    writer_u32(out, ENTRY_MAGIC);
    writer_u32(out, ENTRY_LAYOUT);
    writer_u32(out, sequence);
    writer_u32(out, state->boot_count);
    writer_u32(out, state->epoch_requested);
    writer_u32(out, state->generation_requested);
    for (size_t component = 1; component <= COMPONENT_COUNT; component++) {
        writer_u8(out, state->active_slot[component]);
        writer_u8(out, state->attempt_count[component]);
        writer_u8(out, state->given_up[component]);
    }
    writer_u8(out, 0);
    writer_u16(out, 0);
    writer_bytes(out, SPAN_OF(state->monitor));
    ENSURE(writer_ok(out) && out->size == HEAD_SIZE_BYTES);
}

/* True if the head is one that this code writes; the MAC alone does not keep an owned monitor from writing others. */
static bool head_decode(struct span head, struct boot_state *state, uint32_t *sequence)
{
    struct reader reader;
    reader_init(&reader, head);
    bool ok = reader_u32(&reader) == ENTRY_MAGIC && reader_u32(&reader) == ENTRY_LAYOUT;
    *sequence = reader_u32(&reader);
    *state = (struct boot_state){.boot_count = reader_u32(&reader)};
    state->epoch_requested = reader_u32(&reader);
    state->generation_requested = reader_u32(&reader);
    for (size_t component = 1; component <= COMPONENT_COUNT; component++) {
        state->active_slot[component] = reader_u8(&reader);
        state->attempt_count[component] = reader_u8(&reader);
        state->given_up[component] = reader_u8(&reader);
        ok = ok && state->active_slot[component] < SLOT_COUNT && state->given_up[component] < (1u << SLOT_COUNT);
    }
    memcpy(state->monitor, head.data + HEAD_SIZE_BYTES - sizeof(state->monitor), sizeof(state->monitor));
    return ok && *sequence != 0 && *sequence <= SEQUENCE_MAX;
}

/* Words programmed, torn ones included, from the start of a unary field. */
static struct error unary_count(uint32_t offset_bytes, uint32_t word_count, uint32_t *count)
{
    uint32_t programmed_count = 0;
    uint32_t word = 0;
    while (programmed_count < word_count) {
        TRY(hal_flash_read(offset_bytes + programmed_count * FLASH_WORD_SIZE, (uint8_t *)&word, sizeof(word)));
        if (word == WORD_BLANK) {
            break;
        }
        programmed_count++;
    }
    *count = programmed_count;
    return ERROR_NONE;
}

static struct error unary_program(uint32_t offset_bytes, uint32_t index)
{
    static const uint8_t programmed[FLASH_WORD_SIZE] = {0};
    return hal_flash_program(offset_bytes + index * FLASH_WORD_SIZE, SPAN_OF(programmed));
}

static uint32_t boot_words_offset_bytes(const struct boot_record *record)
{
    return record->entry_offset_bytes + BOOT_WORDS_OFFSET_BYTES;
}

static uint32_t attempt_words_offset_bytes(const struct boot_record *record, enum component component)
{
    return record->entry_offset_bytes + ATTEMPT_WORDS_OFFSET_BYTES +
           ((uint32_t)component - 1u) * ATTEMPT_WORD_COUNT * FLASH_WORD_SIZE;
}

/* Adds what the unary words of the present entry have counted since it was written. */
static struct error counts_add(struct boot_record *record)
{
    uint32_t count;
    TRY(unary_count(boot_words_offset_bytes(record), BOOT_WORD_COUNT, &count));
    record->state.boot_count += count;
    for (uint32_t component = 1; component <= COMPONENT_COUNT; component++) {
        TRY(unary_count(attempt_words_offset_bytes(record, (enum component)component), ATTEMPT_WORD_COUNT, &count));
        record->state.attempt_count[component] = (uint8_t)(record->state.attempt_count[component] + count);
    }
    return ERROR_NONE;
}

/* Makes the entry at index the present one if it is intact; BOOT_RECORD if not. */
static struct error entry_load(struct boot_record *record, uint32_t index)
{
    uint8_t bytes[SIGNED_SIZE_BYTES];
    TRY(hal_flash_read(boot_record_place_offset_bytes(index), bytes, sizeof(bytes)));
    struct sha256_digest mac;
    hmac_sha256(SPAN_OF(record->key), span_of(bytes, HEAD_SIZE_BYTES), &mac);
    bool authentic = constant_time_equal(mac.bytes, bytes + HEAD_SIZE_BYTES, sizeof(mac.bytes));
    /* The MAC of a forged head is a secret: it would make the forgery good. */
    secret_wipe(&mac, sizeof(mac));
    struct boot_state state;
    uint32_t sequence;
    if (!authentic || !head_decode(span_of(bytes, HEAD_SIZE_BYTES), &state, &sequence)) {
        return ERROR(BOOT, RECORD);
    }
    record->state = state;
    record->entry_sequence = sequence;
    record->entry_offset_bytes = boot_record_place_offset_bytes(index);
    return counts_add(record);
}

/* Order of the entry at index among all: sequence, then place; 0 if there is no head. */
static struct error entry_rank(uint32_t index, uint64_t *rank)
{
    uint8_t bytes[12];
    TRY(hal_flash_read(boot_record_place_offset_bytes(index), bytes, sizeof(bytes)));
    struct reader reader;
    reader_init(&reader, SPAN_OF(bytes));
    bool is_entry = reader_u32(&reader) == ENTRY_MAGIC;
    (void)reader_u32(&reader);
    *rank = is_entry ? (uint64_t)reader_u32(&reader) << 32 | (index + 1u) : 0;
    return ERROR_NONE;
}

struct error boot_record_open(struct boot_record *record, const uint8_t key[32])
{
    *record = (struct boot_record){0};
    for (size_t index = 0; index < sizeof(record->key); index++) {
        record->key[index] = key[index];
    }
    /* Newest first; each round that ends on an entry that is not intact looks for the next older one. */
    uint64_t limit = UINT64_MAX;
    for (uint32_t round = 0; round < ENTRY_COUNT; round++) {
        uint64_t best = 0;
        for (uint32_t index = 0; index < ENTRY_COUNT; index++) {
            uint64_t rank;
            TRY(entry_rank(index, &rank));
            best = rank < limit && rank > best ? rank : best;
        }
        if (best == 0) {
            break;
        }
        struct error error = entry_load(record, (uint32_t)best - 1u);
        if (!error_is(error, ERROR_CODE_BOOT_RECORD)) {
            return error;
        }
        limit = best;
    }
    return ERROR(BOOT, RECORD);
}

static struct error entry_append(struct boot_record *record, const uint8_t key[32])
{
    /* Boots counted in unary since the present entry push the sequence on, so that of several entries written from
     * the same present one (an epoch step that was cut off and is done again) the last one is the newest. */
    uint32_t boots = 0;
    if (record->entry_sequence != 0) {
        TRY(unary_count(boot_words_offset_bytes(record), BOOT_WORD_COUNT, &boots));
    }
    uint32_t sequence = record->entry_sequence + boots + 1;
    uint8_t bytes[SIGNED_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, bytes, sizeof(bytes));
    head_encode(&record->state, sequence, &writer);
    struct sha256_digest mac;
    hmac_sha256(span_of(key, 32), writer_span(&writer), &mac);
    writer_bytes(&writer, SPAN_OF(mac.bytes));
    uint32_t place;
    TRY(boot_record_place_find(record->entry_sequence != 0, entry_index(record), &place));
    TRY(hal_flash_program(boot_record_place_offset_bytes(place), writer_span(&writer)));
    record->entry_sequence = sequence;
    record->entry_offset_bytes = boot_record_place_offset_bytes(place);
    return ERROR_NONE;
}

struct error boot_record_store(struct boot_record *record)
{
    return entry_append(record, record->key);
}

struct error boot_record_store_next_epoch(struct boot_record *record, const uint8_t next_key[32])
{
    TRY(entry_append(record, next_key));
    for (size_t index = 0; index < sizeof(record->key); index++) {
        record->key[index] = next_key[index];
    }
    return ERROR_NONE;
}

struct error boot_record_count_boot(struct boot_record *record)
{
    uint32_t count = BOOT_WORD_COUNT;
    if (record->entry_sequence != 0) {
        TRY(unary_count(boot_words_offset_bytes(record), BOOT_WORD_COUNT, &count));
    }
    record->state.boot_count++;
    return count < BOOT_WORD_COUNT ? unary_program(boot_words_offset_bytes(record), count)
                                   : boot_record_store(record);
}

struct error boot_record_count_attempt(struct boot_record *record, enum component component)
{
    uint32_t count = ATTEMPT_WORD_COUNT;
    if (record->entry_sequence != 0) {
        TRY(unary_count(attempt_words_offset_bytes(record, component), ATTEMPT_WORD_COUNT, &count));
    }
    if (record->state.attempt_count[component] < UINT8_MAX) {
        record->state.attempt_count[component]++;
    }
    return count < ATTEMPT_WORD_COUNT ? unary_program(attempt_words_offset_bytes(record, component), count)
                                      : boot_record_store(record);
}
