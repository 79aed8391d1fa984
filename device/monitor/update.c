#include "device/monitor/allowance.h"
#include "device/monitor/decision.h"
#include "device/monitor/line.h"
#include "device/monitor/load.h"
#include "device/monitor/record.h"
#include "device/monitor/trial.h"
#include "device/monitor/update.h"
#include "device/monitor/update_budget.h"
#include "device/monitor/update_commit.h"
#include "device/monitor/update_journal.h"
#include "device/monitor/update_status.h"

#include <assert.h>
#include <string.h>

#include "base/ensure.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"
#include "device/hal/memory.h"

static_assert(MONITOR_UPDATE_HEADER_SIZE_BYTES % FLASH_WORD_SIZE == 0, "programmed in whole words");
static_assert(MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX <= MONITOR_SCRATCH_SIZE_BYTES, "hashed a piece at a time");
static_assert(SLOT_HEADER_SIZE_BYTES == FLASH_BLOCK_SIZE, "the header is erased by itself");

static uint32_t image_offset_bytes(const struct update *update)
{
    return slot_offset_bytes(update->component, update->slot_index) + SLOT_HEADER_SIZE_BYTES;
}

/* The slot that does not run is free if the one that runs has been confirmed and nothing waits for the reset: otherwise
 * it holds what the device falls back to, or what it is about to try. */
static struct error slot_check_free(enum component component)
{
    bool waits = monitor.record.state.active_slot[component] != monitor.running_slot[component];
    return waits || trial_is_open(component) ? ERROR(MONITOR, STATE) : ERROR_NONE;
}

/* An update is newer than what runs, whatever the floors say (threat T-05). */
static struct error policy_raise(struct image_policy *policy)
{
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        const struct measurement *running = &monitor.measurements[index];
        if (running->component != policy->component) {
            continue;
        }
        if (running->sequence == UINT32_MAX) {
            return ERROR(MANIFEST, ROLLBACK);
        }
        if (policy->sequence_min <= running->sequence) {
            policy->sequence_min = running->sequence + 1;
        }
    }
    return ERROR_NONE;
}

/* What fits both the slot and the place where it is to run. */
static uint32_t image_size_bytes_max(enum component component)
{
    size_t area_bytes = hal_memory_image_area(component).capacity;
    size_t slot_bytes = slot_size_bytes(component) - SLOT_HEADER_SIZE_BYTES;
    return (uint32_t)(area_bytes < slot_bytes ? area_bytes : slot_bytes);
}

static struct error header_component(const struct slot_header *header, enum component *component)
{
    struct manifest manifest;
    TRY(manifest_parse(header->manifest, &manifest));
    *component = manifest.component;
    return ERROR_NONE;
}

/* Refuses before anything is erased. */
static struct error header_verify(const struct slot_header *header, struct update_journal *journal,
                                  struct image_facts *facts)
{
    enum component component = COMPONENT_MONITOR;
    struct image_policy policy;
    TRY(header_component(header, &component));
    TRY(load_policy(component, &policy));
    TRY(policy_raise(&policy));
    TRY(slot_check_free(component));
    TRY(allowance_take());
    HARDENED_TRY(image_accept(header, &policy, image_size_bytes_max(component), facts));
    *journal = (struct update_journal){
        .component = component,
        .slot_index = monitor.running_slot[component] ^ 1u,
        .sequence = facts->sequence,
        .manifest_digest = facts->manifest_digest,
    };
    return ERROR_NONE;
}

/* Nothing of the slot is believed from here on: its header goes before its image is touched, and the journal before
 * either, so that no journal ever counts blocks of another image (threat T-07). */
static struct error slot_clear(const struct update_journal *journal)
{
    TRY(update_journal_erase());
    TRY(hal_flash_erase(slot_offset_bytes(journal->component, journal->slot_index), SLOT_HEADER_SIZE_BYTES));
    return update_journal_write(journal);
}

/* Before the first erase of a beginning. Without base nothing runs that could wear the flash out, and what comes then
 * comes to rescue the device. */
static struct error update_charge(void)
{
    if (!monitor.update.charged && monitor.started) {
        TRY(update_budget_take());
    }
    monitor.update.charged = true;
    return ERROR_NONE;
}

static struct error resume_or_clear(const struct update_journal *journal, bool anew, uint32_t *block_count)
{
    struct error error = anew ? ERROR(MONITOR, NOT_FOUND) : update_journal_find(journal, block_count);
    if (error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
        *block_count = 0;
        TRY(update_charge());
        return slot_clear(journal);
    }
    TRY(error);
    /* Going on costs no erase, so it need not be rare; beginning keeps what allowance_take took. */
    allowance_return();
    return ERROR_NONE;
}

static void header_keep(const struct slot_header *header, struct update *update)
{
    struct writer writer;
    memset(update->header, 0xFF, sizeof(update->header));
    writer_init(&writer, update->header, sizeof(update->header));
    writer_u32(&writer, SLOT_MAGIC);
    writer_u32(&writer, (uint32_t)header->keyset.size);
    writer_u32(&writer, (uint32_t)header->manifest.size);
    writer_bytes(&writer, header->keyset);
    writer_bytes(&writer, header->manifest);
    ENSURE(writer_ok(&writer));
}

static struct error header_verify_or_tell(const struct slot_header *header, struct update_journal *journal,
                                          struct image_facts *facts)
{
    struct error error = header_verify(header, journal, facts);
    struct error second = hardened_copy(error);
    if (!error_is_none(error)) {
        update_status_refused(header, error);
        return hardened_refusal(error);
    }
    /* Resists a skip of the branch above. */
    hardened_require_none(second);
    return ERROR_NONE;
}

struct error update_begin(const struct slot_header *header, bool anew)
{
    struct update *update = &monitor.update;
    struct update_journal journal;
    struct image_facts facts;
    uint32_t block_count;
    HARDENED_TRY(header_verify_or_tell(header, &journal, &facts));
    monitor.refusals[journal.component] = (struct update_refusal){0};
    update->begun = false;
    update->charged = false;
    TRY(resume_or_clear(&journal, anew, &block_count));
    update->component = journal.component;
    update->slot_index = journal.slot_index;
    update->sequence = facts.sequence;
    update->size_bytes = facts.size_bytes;
    update->image_digest = facts.digest;
    update->offset_bytes = block_count * FLASH_BLOCK_SIZE;
    if (update->offset_bytes > update->size_bytes) {
        update->offset_bytes = update->size_bytes;
    }
    header_keep(header, update);
    update->begun = true;
    return ERROR_NONE;
}

/* Whole words; the last one of the image is filled up with 0xFF. */
static struct error bytes_program(uint32_t offset_bytes, struct span bytes)
{
    uint8_t last[FLASH_WORD_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF};
    size_t whole_bytes = bytes.size - bytes.size % FLASH_WORD_SIZE;
    TRY(hal_flash_program(offset_bytes, span_of(bytes.data, whole_bytes)));
    if (whole_bytes == bytes.size) {
        return ERROR_NONE;
    }
    memcpy(last, bytes.data + whole_bytes, bytes.size - whole_bytes);
    return hal_flash_program(offset_bytes + (uint32_t)whole_bytes, SPAN_OF(last));
}

/* Bytes that lie in one block, which is erased when its first byte comes and counted when its last one stands. */
static struct error block_write(struct update *update, struct span bytes)
{
    uint32_t offset_bytes = image_offset_bytes(update) + update->offset_bytes;
    if (update->offset_bytes % FLASH_BLOCK_SIZE == 0) {
        TRY(update_charge());
        TRY(hal_flash_erase(offset_bytes, FLASH_BLOCK_SIZE));
    }
    TRY(bytes_program(offset_bytes, bytes));
    update->offset_bytes += (uint32_t)bytes.size;
    if (update->offset_bytes % FLASH_BLOCK_SIZE == 0 || update->offset_bytes == update->size_bytes) {
        return update_journal_advance((update->offset_bytes - 1) / FLASH_BLOCK_SIZE);
    }
    return ERROR_NONE;
}

static struct error blocks_write(struct update *update, struct span bytes)
{
    while (bytes.size > 0) {
        size_t room_bytes = FLASH_BLOCK_SIZE - update->offset_bytes % FLASH_BLOCK_SIZE;
        size_t piece_bytes = bytes.size < room_bytes ? bytes.size : room_bytes;
        TRY(block_write(update, span_of(bytes.data, piece_bytes)));
        bytes = span_of(bytes.data + piece_bytes, bytes.size - piece_bytes);
    }
    return ERROR_NONE;
}

struct error update_write(uint32_t offset_bytes, struct span bytes)
{
    struct update *update = &monitor.update;
    if (!update->begun || offset_bytes != update->offset_bytes) {
        return ERROR(MONITOR, STATE);
    }
    size_t left_bytes = update->size_bytes - update->offset_bytes;
    if (bytes.size > left_bytes) {
        return ERROR(MONITOR, CAPACITY);
    }
    if (bytes.size == 0 || (bytes.size % FLASH_WORD_SIZE != 0 && bytes.size != left_bytes)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    struct error error = blocks_write(update, bytes);
    update->begun = error_is_none(error);
    return error;
}

static struct error image_digest_read(const struct update *update, struct sha256_digest *digest)
{
    struct sha256 hash;
    sha256_init(&hash);
    for (uint32_t offset_bytes = 0; offset_bytes < update->size_bytes;) {
        uint32_t left_bytes = update->size_bytes - offset_bytes;
        uint32_t piece_bytes =
            left_bytes < MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX ? left_bytes : MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX;
        TRY(hal_flash_read(image_offset_bytes(update) + offset_bytes, monitor.scratch, piece_bytes));
        sha256_update(&hash, span_of(monitor.scratch, piece_bytes));
        offset_bytes += piece_bytes;
    }
    sha256_finish(&hash, digest);
    return ERROR_NONE;
}

/* The outcome of an update that was received whole outlives the boot. "monitor: base 8 refused 0x030b" */
static struct error image_refuse(const struct update *update)
{
    struct error error = ERROR(MANIFEST, IMAGE_DIGEST);
    monitor.memory.outcomes[update->component] = (struct update_outcome){
        .sequence = update->sequence, .code = (uint16_t)error.code, .state = UPDATE_STATE_REFUSED};
    TRY(record_store());
    line_component(update->component, update->sequence, " refused ", error);
    return error;
}

struct error update_finish(void)
{
    struct update *update = &monitor.update;
    if (!update->begun || update->offset_bytes != update->size_bytes) {
        return ERROR(MONITOR, STATE);
    }
    update->begun = false;
    struct sha256_digest digest;
    TRY(image_digest_read(update, &digest));
    /* Of what stands in the flash, not of what came: bytes of an earlier boot are in it too (threat T-04). */
    if (!decision_is_true(hardened_equal(digest.bytes, update->image_digest.bytes, sizeof(digest.bytes)))) {
        TRY(update_journal_erase());
        return image_refuse(update);
    }
    return update_commit(update);
}

struct error update_write_header(const struct update *update)
{
    uint32_t offset_bytes = slot_offset_bytes(update->component, update->slot_index);
    TRY(hal_flash_erase(offset_bytes, SLOT_HEADER_SIZE_BYTES));
    TRY(hal_flash_program(offset_bytes + FLASH_WORD_SIZE,
                          span_of(update->header + FLASH_WORD_SIZE, sizeof(update->header) - FLASH_WORD_SIZE)));
    return hal_flash_program(offset_bytes, span_of(update->header, FLASH_WORD_SIZE));
}

struct error update_write_record(const struct update *update)
{
    struct boot_state *state = &monitor.record.state;
    enum component component = update->component;
    state->active_slot[component] = (uint8_t)update->slot_index;
    state->attempt_count[component] = 0;
    state->given_up[component] &= (uint8_t)~(1u << update->slot_index);
    trial_begin(component, update->slot_index, update->sequence);
    return record_store();
}
