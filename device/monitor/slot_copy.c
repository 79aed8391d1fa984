#include "device/monitor/slot_copy.h"

#include <string.h>

#include "device/abi/flash_map.h"
#include "device/abi/slot.h"
#include "device/hal/flash.h"
#include "device/monitor/decision.h"
#include "device/monitor/line.h"
#include "device/monitor/record.h"
#include "device/monitor/state.h"
#include "device/monitor/trial.h"
#include "device/monitor/update_journal.h"
#include "device/monitor/update_settle.h"

#define SLICE_SIZE_BYTES 1024u
/* Two pieces of this size are compared at a time. */
#define PIECE_SIZE_BYTES 256u

_Static_assert(2 * SLICE_SIZE_BYTES <= MONITOR_SCRATCH_SIZE_BYTES, "slices are compared in the scratch memory");
_Static_assert(MONITOR_UPDATE_HEADER_SIZE_BYTES <= MONITOR_SCRATCH_SIZE_BYTES, "a header is copied through it");
_Static_assert(FLASH_BLOCK_SIZE % SLICE_SIZE_BYTES == 0, "blocks are whole slices");

static uint8_t bit_of(enum component component)
{
    return (uint8_t)(1u << component);
}

static uint32_t running_offset(enum component component)
{
    return slot_offset_bytes(component, monitor.running_slot[component]);
}

static uint32_t other_offset(enum component component)
{
    return slot_offset_bytes(component, monitor.running_slot[component] ^ 1u);
}

static const struct sha256_digest *running_digest(enum component component)
{
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        if (monitor.measurements[index].component == component) {
            return &monitor.measurements[index].digest;
        }
    }
    return NULL;
}

/* Compares size_bytes, at most a block, of both slots at the same offset. */
static struct error slots_compare(enum component component, uint32_t offset_bytes, uint32_t size_bytes, bool *equal)
{
    uint8_t *running = monitor.scratch;
    uint8_t *other = monitor.scratch + SLICE_SIZE_BYTES;
    *equal = true;
    for (uint32_t done = 0; done < size_bytes && *equal; done += PIECE_SIZE_BYTES) {
        TRY(hal_flash_read(running_offset(component) + offset_bytes + done, running, PIECE_SIZE_BYTES));
        TRY(hal_flash_read(other_offset(component) + offset_bytes + done, other, PIECE_SIZE_BYTES));
        *equal = memcmp(running, other, PIECE_SIZE_BYTES) == 0;
    }
    return ERROR_NONE;
}

/* Of an update in the other slot nothing is taken away while it may still go on. */
static struct error journal_check(enum component component, bool *free)
{
    const struct update_outcome *outcome = &monitor.memory.outcomes[component];
    struct update_journal journal;
    uint32_t block_count;
    struct error error = update_journal_read(&journal, &block_count);
    *free = true;
    if (error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
        return ERROR_NONE;
    }
    TRY(error);
    if (journal.component == component && journal.slot_index != monitor.running_slot[component]) {
        *free = outcome->state == UPDATE_STATE_FAILED && outcome->sequence == journal.sequence;
        /* It failed its trial: what is written over must not be counted as its blocks. */
        return *free ? update_journal_erase() : ERROR_NONE;
    }
    return ERROR_NONE;
}

static bool is_due(enum component component)
{
    uint8_t settled = monitor.copy.done | monitor.copy.failed;
    return (monitor.confirmed & ~settled & bit_of(component)) != 0 && running_digest(component) != NULL &&
           !trial_is_open(component) && !(monitor.update.begun && monitor.update.component == component) &&
           monitor.record.state.active_slot[component] == monitor.running_slot[component];
}

static struct error copy_begin(enum component component)
{
    struct slot_copy *copy = &monitor.copy;
    bool free;
    TRY(journal_check(component, &free));
    if (!free) {
        return ERROR(MONITOR, STATE);
    }
    /* Where to look is read from the header; what is copied must have the digest that was measured. */
    TRY(image_size(monitor.running_slot[component], component, &copy->size_bytes));
    if (copy->size_bytes > slot_size_bytes(component) - SLOT_HEADER_SIZE_BYTES) {
        return ERROR(MANIFEST, SIZE);
    }
    TRY(slots_compare(component, 0, SLOT_HEADER_SIZE_BYTES, &copy->header_stands));
    if (!copy->header_stands) {
        TRY(hal_flash_erase(other_offset(component), SLOT_HEADER_SIZE_BYTES));
    }
    copy->offset_bytes = 0;
    sha256_init(&copy->hash);
    copy->component = component;
    return ERROR_NONE;
}

static struct error slice_write(struct slot_copy *copy, uint32_t size_bytes)
{
    uint32_t offset_bytes = SLOT_HEADER_SIZE_BYTES + copy->offset_bytes;
    bool equal;
    if (copy->offset_bytes % FLASH_BLOCK_SIZE == 0) {
        TRY(slots_compare(copy->component, offset_bytes, FLASH_BLOCK_SIZE, &equal));
        copy->rewrite = !equal;
        if (copy->rewrite) {
            TRY(hal_flash_erase(other_offset(copy->component) + offset_bytes, FLASH_BLOCK_SIZE));
        }
    }
    if (!copy->rewrite) {
        return ERROR_NONE;
    }
    uint32_t whole_bytes = (size_bytes + FLASH_WORD_SIZE - 1) / FLASH_WORD_SIZE * FLASH_WORD_SIZE;
    TRY(hal_flash_read(running_offset(copy->component) + offset_bytes, monitor.scratch, whole_bytes));
    return hal_flash_program(other_offset(copy->component) + offset_bytes, span_of(monitor.scratch, whole_bytes));
}

/* Copies a slice if need be, then hashes what stands in the other slot. */
static struct error copy_slice(struct slot_copy *copy)
{
    uint32_t left_bytes = copy->size_bytes - copy->offset_bytes;
    uint32_t size_bytes = left_bytes < SLICE_SIZE_BYTES ? left_bytes : SLICE_SIZE_BYTES;
    if (!copy->header_stands) {
        TRY(slice_write(copy, size_bytes));
    }
    TRY(hal_flash_read(other_offset(copy->component) + SLOT_HEADER_SIZE_BYTES + copy->offset_bytes, monitor.scratch,
                       size_bytes));
    sha256_update(&copy->hash, span_of(monitor.scratch, size_bytes));
    copy->offset_bytes += size_bytes;
    return ERROR_NONE;
}

/* The first word last: a header stands from it on. */
static struct error header_write(enum component component)
{
    uint8_t *header = monitor.scratch;
    uint32_t offset_bytes = other_offset(component);
    TRY(hal_flash_read(running_offset(component), header, MONITOR_UPDATE_HEADER_SIZE_BYTES));
    TRY(hal_flash_program(offset_bytes + FLASH_WORD_SIZE,
                          span_of(header + FLASH_WORD_SIZE, MONITOR_UPDATE_HEADER_SIZE_BYTES - FLASH_WORD_SIZE)));
    return hal_flash_program(offset_bytes, span_of(header, FLASH_WORD_SIZE));
}

/* A slot that was given up holds another image now. */
static struct error other_slot_forgive(enum component component)
{
    uint8_t *given_up = &monitor.record.state.given_up[component];
    uint8_t other = (uint8_t)(2u >> monitor.running_slot[component]);
    if ((*given_up & other) == 0) {
        return ERROR_NONE;
    }
    *given_up &= (uint8_t)~other;
    return record_store();
}

static struct error copy_finish(struct slot_copy *copy)
{
    enum component component = copy->component;
    struct sha256_digest digest;
    sha256_finish(&copy->hash, &digest);
    copy->component = (enum component)0;
    if (!span_equal(SPAN_OF(digest.bytes), SPAN_OF(running_digest(component)->bytes))) {
        if (!copy->header_stands) {
            return ERROR(MANIFEST, IMAGE_DIGEST);
        }
        /* A header before an image that is not whole: once more, and everything is written. */
        TRY(hal_flash_erase(other_offset(component), SLOT_HEADER_SIZE_BYTES));
        return ERROR_NONE;
    }
    if (!copy->header_stands) {
        TRY(header_write(component));
        line_component(component, 0, " stands in both slots", (struct error){0});
    }
    TRY(other_slot_forgive(component));
    copy->done |= bit_of(component);
    return update_settle();
}

static struct error copy_advance(struct slot_copy *copy)
{
    return copy->offset_bytes < copy->size_bytes ? copy_slice(copy) : copy_finish(copy);
}

void slot_copy_step(void)
{
    struct slot_copy *copy = &monitor.copy;
    enum component component = copy->component;
    if (component != 0) {
        if (!is_due(component)) {
            /* An update to that slot was begun meanwhile. */
            copy->component = (enum component)0;
        } else if (!error_is_none(copy_advance(copy))) {
            copy->component = (enum component)0;
            copy->failed |= bit_of(component);
        }
        return;
    }
    for (component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        if (is_due(component) && error_is_none(copy_begin(component))) {
            return;
        }
    }
}

bool slot_copy_is_done(enum component component)
{
    return (monitor.copy.done & bit_of(component)) != 0;
}
