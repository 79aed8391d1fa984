#include "device/monitor/failure.h"

#include <assert.h>

#include "device/abi/fault_cause.h"
#include "device/hal/flash.h"
#include "device/hal/system.h"
#include "device/monitor/failure_slot.h"
#include "device/monitor/random.h"
#include "device/monitor/state.h"
#include "device/secure/derive.h"

#define MS_A_MINUTE 60000u

static_assert(FAILURE_SLOT_COUNT >= 2 * FAILURE_SLOTS_PER_BLOCK, "the newest record is never in the block to be erased");

struct error failure_start(void)
{
    struct failure_log *log = &monitor.failure;
    /* The kept key: records outlive the epoch, since what led to a refresh is what one wants to know after it. */
    derive_key(SPAN_OF(monitor.handoff.secrets.kept_key), MONITOR_LABEL_FAILURE, SPAN_EMPTY, monitor.failure_key);
    for (uint32_t index = 0; index < FAILURE_SLOT_COUNT; index++) {
        struct failure_slot slot;
        TRY(failure_slot_read(index, &slot));
        if (slot.state == FAILURE_SLOT_WHOLE && slot.record.number > log->number) {
            *log = (struct failure_log){
                .log = slot.log,
                .number = slot.record.number,
                .closed = slot.record.number, /* nothing of this boot goes into a record of an earlier one */
                .newest = index,
                .erase_spent = slot.erase_spent,
                .erase_time_min = slot.erase_time_min,
            };
        }
    }
    if (log->number == 0) {
        random_bytes((uint8_t *)&log->log, sizeof log->log);
    }
    return ERROR_NONE;
}

static uint32_t time_min(void)
{
    const struct ticket *ticket = &monitor.ticket;
    uint32_t passed_s = (hal_system_uptime_ms() - ticket->time_at_ms) / 1000;
    return ticket->time_known ? (uint32_t)((ticket->time_s + passed_s) / 60) : 0;
}

/* Takes one erasure from what is allowed. The count stands in the records, so that a reset gives nothing back; time of
 * earlier boots counts only if signed answers said what time it was. */
static bool erase_take(void)
{
    struct failure_log *log = &monitor.failure;
    uint32_t now_min = time_min();
    uint32_t passed_min = (hal_system_uptime_ms() - log->erase_uptime_ms) / MS_A_MINUTE;
    if (log->erase_time_min != 0 && now_min > log->erase_time_min) {
        passed_min = now_min - log->erase_time_min;
    }
    uint32_t earned = passed_min / FAILURE_ERASE_REFILL_MIN;
    uint32_t spent = log->erase_spent > earned ? log->erase_spent - earned : 0;
    if (spent >= FAILURE_ERASE_BURST) {
        return false;
    }
    log->erase_spent = spent + 1;
    log->erase_time_min = now_min;
    log->erase_uptime_ms = hal_system_uptime_ms();
    return true;
}

/* Makes the block that starts at this slot blank, if nothing in it is still to be reported. */
static struct error block_enter(uint32_t first, bool *ready)
{
    bool is_blank = true;
    *ready = false;
    for (uint32_t index = first; index < first + FAILURE_SLOTS_PER_BLOCK; index++) {
        struct failure_slot slot;
        TRY(failure_slot_read(index, &slot));
        if (slot.state == FAILURE_SLOT_WHOLE && !slot.is_done) {
            return ERROR_NONE;
        }
        is_blank = is_blank && slot.state == FAILURE_SLOT_BLANK;
    }
    *ready = is_blank || erase_take();
    uint32_t offset_bytes = FLASH_FAILURE_OFFSET + first / FAILURE_SLOTS_PER_BLOCK * FLASH_BLOCK_SIZE;
    return *ready && !is_blank ? hal_flash_erase(offset_bytes, FLASH_BLOCK_SIZE) : ERROR_NONE;
}

/* The slot for the next record: the first blank one behind the newest. */
static struct error slot_find(uint32_t *out, bool *found)
{
    uint32_t index = monitor.failure.number == 0 ? 0 : (monitor.failure.newest + 1) % FAILURE_SLOT_COUNT;
    *found = false;
    for (uint32_t tried = 0; tried < FAILURE_SLOT_COUNT; tried++, index = (index + 1) % FAILURE_SLOT_COUNT) {
        struct failure_slot slot;
        bool ready = true;
        if (index % FAILURE_SLOTS_PER_BLOCK == 0) {
            TRY(block_enter(index, &ready));
        }
        if (!ready) {
            return ERROR_NONE;
        }
        TRY(failure_slot_read(index, &slot));
        if (slot.state == FAILURE_SLOT_BLANK) {
            *out = index;
            *found = true;
            return ERROR_NONE;
        }
    }
    return ERROR_NONE;
}

/* Addresses of memory faults may differ; other addresses are numbers that nobody may drop (device/abi/fault_cause.h). */
static bool is_alike(const struct failure_record *a, const struct failure_record *b)
{
    bool is_access = a->kind == FAULT_COMPARTMENT && (a->cause & FAULT_KERNEL) == 0;
    return a->kind == b->kind && a->compartment == b->compartment && a->cause == b->cause && a->pc == b->pc &&
           (is_access || a->address == b->address);
}

/* Puts the failure into a record of this boot that nobody has seen yet. */
static struct error count_alike(const struct failure_record *record, bool *counted)
{
    const struct failure_log *log = &monitor.failure;
    *counted = false;
    for (uint32_t back = 0; back < FAILURE_SLOT_COUNT && log->number > log->closed && !*counted; back++) {
        uint32_t index = (log->newest + FAILURE_SLOT_COUNT - back) % FAILURE_SLOT_COUNT;
        struct failure_slot slot;
        TRY(failure_slot_read(index, &slot));
        if (slot.state == FAILURE_SLOT_WHOLE && slot.record.number <= log->closed) {
            return ERROR_NONE;
        }
        if (slot.state == FAILURE_SLOT_WHOLE && is_alike(&slot.record, record)) {
            TRY(failure_slot_count(index, FAILURE_TALLY_ALIKE, counted));
        }
    }
    return ERROR_NONE;
}

static struct error append(const struct failure_record *record, uint32_t index)
{
    struct failure_log *log = &monitor.failure;
    struct failure_slot newest = {0};
    if (log->number != 0) {
        TRY(failure_slot_read(log->newest, &newest));
    }
    struct failure_slot slot = {
        .log = log->log,
        .record = *record,
        .erase_spent = log->erase_spent,
        .erase_time_min = log->erase_time_min,
    };
    slot.record.number = log->number + 1;
    slot.record.boot_count = monitor.handoff.boot_count;
    slot.record.uptime_s = hal_system_uptime_ms() / 1000;
    slot.record.lost = (uint16_t)newest.lost_after;
    TRY(failure_slot_write(index, &slot));
    log->number = slot.record.number;
    log->newest = index;
    return ERROR_NONE;
}

struct error failure_add(struct failure_record *record)
{
    struct failure_log *log = &monitor.failure;
    bool done = false;
    uint32_t index = 0;
    TRY(count_alike(record, &done));
    if (done) {
        return ERROR_NONE;
    }
    if (log->number < UINT32_MAX) {
        TRY(slot_find(&index, &done));
    }
    if (done) {
        return append(record, index);
    }
    return log->number == 0 ? ERROR_NONE : failure_slot_count(log->newest, FAILURE_TALLY_LOST, &done);
}

/* Visits slots from the oldest record to the newest: the ring starts behind the block of the newest. */
static uint32_t slot_by_age(uint32_t position)
{
    uint32_t first = (monitor.failure.newest / FAILURE_SLOTS_PER_BLOCK + 1) * FAILURE_SLOTS_PER_BLOCK;
    return (first + position) % FAILURE_SLOT_COUNT;
}

static bool is_due(const struct failure_slot *slot)
{
    return slot->state == FAILURE_SLOT_WHOLE && !slot->is_done;
}

struct error failure_report(uint32_t size_bytes_max, struct writer *out, bool *has_more)
{
    struct failure_log *log = &monitor.failure;
    uint8_t due[FAILURE_REPORT_RECORD_COUNT_MAX];
    size_t due_count = 0;
    size_t room = size_bytes_max < FAILURE_REPORT_HEAD_SIZE_BYTES_MAX
                      ? 0
                      : (size_bytes_max - FAILURE_REPORT_HEAD_SIZE_BYTES_MAX) / FAILURE_RECORD_SIZE_BYTES_MAX;
    *has_more = false;
    for (uint32_t position = 0; position < FAILURE_SLOT_COUNT && !*has_more; position++) {
        struct failure_slot slot;
        TRY(failure_slot_read(slot_by_age(position), &slot));
        if (is_due(&slot)) {
            *has_more = due_count == room || due_count == FAILURE_REPORT_RECORD_COUNT_MAX;
            if (!*has_more) {
                due[due_count++] = (uint8_t)slot_by_age(position);
            }
        }
    }
    if (due_count == 0) {
        return ERROR_NONE;
    }
    /* What is given out stays as it is, or it could be counted twice or not at all. */
    log->closed = log->number;
    failure_report_begin(log->log, due_count, out);
    for (size_t index = 0; index < due_count; index++) {
        struct failure_slot slot;
        TRY(failure_slot_read(due[index], &slot));
        failure_record_write(&slot.record, out);
    }
    return ERROR_NONE;
}

struct error failure_done(uint32_t log, uint32_t number)
{
    if (log != monitor.failure.log) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    for (uint32_t index = 0; index < FAILURE_SLOT_COUNT; index++) {
        struct failure_slot slot;
        TRY(failure_slot_read(index, &slot));
        if (is_due(&slot) && slot.record.number <= number && slot.record.number <= monitor.failure.closed) {
            TRY(failure_slot_set_done(index));
        }
    }
    return ERROR_NONE;
}
