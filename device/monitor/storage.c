#include "device/monitor/storage.h"

#include <assert.h>

#include "base/ensure.h"
#include "base/reader.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"
#include "device/monitor/state.h"
#include "device/monitor/storage_record.h"

/* Header of a half: u32 generation, u32 lowest counter not used before it, u32 check, u32 magic. */
#define HALF_COUNT 2
#define HALF_SIZE_BYTES (FLASH_STORAGE_SIZE / HALF_COUNT)
#define HALF_HEADER_SIZE_BYTES 16
#define HALF_MAGIC 0x53544F52u
#define HALF_CHECK 0x9D2C5680u

static_assert(HALF_SIZE_BYTES % FLASH_BLOCK_SIZE == 0, "a half is whole blocks");
static_assert(STORAGE_RECORD_SIZE_BYTES_MAX <= MONITOR_SCRATCH_SIZE_BYTES, "a record fits the scratch memory");

/* The half in use, and what a walk over it found. */
struct storage_log {
    bool present;
    uint32_t half;
    uint32_t generation;
    uint32_t counter_next;
    uint32_t end_offset_bytes; /* first free byte, from the start of the flash; the half's end if none is usable */
};

/* The newest version of an object. */
struct storage_place {
    bool found;
    uint32_t offset_bytes;
    struct storage_record record;
};

static uint32_t half_offset(uint32_t half)
{
    return FLASH_STORAGE_OFFSET + half * HALF_SIZE_BYTES;
}

static struct error half_read(uint32_t half, bool *valid, uint32_t *generation, uint32_t *counter)
{
    uint8_t header[HALF_HEADER_SIZE_BYTES];
    TRY(hal_flash_read(half_offset(half), header, sizeof(header)));
    struct reader reader;
    reader_init(&reader, SPAN_OF(header));
    *generation = reader_u32(&reader);
    *counter = reader_u32(&reader);
    uint32_t check = reader_u32(&reader);
    *valid = reader_u32(&reader) == HALF_MAGIC && check == (*generation ^ *counter ^ HALF_CHECK);
    return ERROR_NONE;
}

/* Until these words stand whole, the half does not count (threat T-07). */
static struct error half_write(uint32_t half, uint32_t generation, uint32_t counter)
{
    uint8_t header[HALF_HEADER_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, header, sizeof(header));
    writer_u32(&writer, generation);
    writer_u32(&writer, counter);
    writer_u32(&writer, generation ^ counter ^ HALF_CHECK);
    writer_u32(&writer, HALF_MAGIC);
    return hal_flash_program(half_offset(half), SPAN_OF(header));
}

/* Reads the record at offset_bytes; one that would reach beyond the half counts as broken. */
static struct error record_at(uint32_t half, uint32_t offset_bytes, struct storage_record *record)
{
    uint32_t end_bytes = half_offset(half) + HALF_SIZE_BYTES;
    if (end_bytes - offset_bytes < STORAGE_RECORD_HEADER_SIZE_BYTES) {
        *record = (struct storage_record){.state = STORAGE_RECORD_BROKEN};
        return ERROR_NONE;
    }
    uint8_t header[STORAGE_RECORD_HEADER_SIZE_BYTES];
    TRY(hal_flash_read(offset_bytes, header, sizeof(header)));
    storage_record_read(header, record);
    if (record->state != STORAGE_RECORD_FREE && storage_record_size_bytes(record) > end_bytes - offset_bytes) {
        record->state = STORAGE_RECORD_BROKEN;
    }
    return ERROR_NONE;
}

static bool record_ends_log(const struct storage_record *record)
{
    return record->state == STORAGE_RECORD_FREE || record->state == STORAGE_RECORD_BROKEN;
}

static struct error log_walk_to_end(struct storage_log *log)
{
    uint32_t offset_bytes = half_offset(log->half) + HALF_HEADER_SIZE_BYTES;
    struct storage_record record;
    for (;;) {
        TRY(record_at(log->half, offset_bytes, &record));
        if (record_ends_log(&record)) {
            break;
        }
        /* Only of whole records: a counter that was torn reads higher than it was meant. */
        if (record.state == STORAGE_RECORD_WHOLE && record.counter >= log->counter_next &&
            record.counter != UINT32_MAX) {
            log->counter_next = record.counter + 1;
        }
        offset_bytes += storage_record_size_bytes(&record);
    }
    /* Behind a torn size nothing can be found again, so nothing is written there. */
    log->end_offset_bytes =
        record.state == STORAGE_RECORD_FREE ? offset_bytes : half_offset(log->half) + HALF_SIZE_BYTES;
    return ERROR_NONE;
}

static struct error log_open(struct storage_log *log)
{
    *log = (struct storage_log){.present = false};
    for (uint32_t half = 0; half < HALF_COUNT; half++) {
        bool valid = false;
        uint32_t generation = 0;
        uint32_t counter = 0;
        TRY(half_read(half, &valid, &generation, &counter));
        if (valid && (!log->present || generation > log->generation)) {
            *log = (struct storage_log){
                .present = true, .half = half, .generation = generation, .counter_next = counter};
        }
    }
    return log->present ? log_walk_to_end(log) : ERROR_NONE;
}

static bool same_object(const struct storage_name *a, const struct storage_name *b)
{
    return a->storage_class == b->storage_class && a->owner == b->owner && a->object == b->object;
}

/* The newest is the one with the highest counter, which its tag covers, not the one that lies last. */
static struct error log_find(const struct storage_log *log, const struct storage_name *name,
                             struct storage_place *place)
{
    *place = (struct storage_place){.found = false};
    uint32_t offset_bytes = half_offset(log->half) + HALF_HEADER_SIZE_BYTES;
    while (log->present) {
        struct storage_record record;
        TRY(record_at(log->half, offset_bytes, &record));
        if (record_ends_log(&record)) {
            break;
        }
        if (record.state == STORAGE_RECORD_WHOLE && same_object(&record.name, name) &&
            (!place->found || record.counter > place->record.counter)) {
            *place = (struct storage_place){.found = true, .offset_bytes = offset_bytes, .record = record};
        }
        offset_bytes += storage_record_size_bytes(&record);
    }
    return ERROR_NONE;
}

/* True if the record at offset_bytes is the newest of its object and still holds something. */
static struct error record_is_live(const struct storage_log *log, uint32_t offset_bytes,
                                   const struct storage_record *record, bool *live)
{
    *live = false;
    bool of_dead_epoch =
        record->name.storage_class == MONITOR_STORAGE_SEALED && record->epoch != monitor.handoff.epoch;
    if (record->state != STORAGE_RECORD_WHOLE || record->data_size_bytes == 0 || of_dead_epoch) {
        return ERROR_NONE;
    }
    struct storage_place newest;
    TRY(log_find(log, &record->name, &newest));
    *live = newest.found && newest.offset_bytes == offset_bytes;
    return ERROR_NONE;
}

static struct error log_copy_record(uint32_t from_bytes, uint32_t to_bytes, uint32_t size_bytes)
{
    TRY(hal_flash_read(from_bytes, monitor.scratch, size_bytes));
    return hal_flash_program(to_bytes, span_of(monitor.scratch, size_bytes));
}

/* Moves what lives to the other half. The one place that erases storage. */
static struct error log_compact(struct storage_log *log)
{
    uint32_t target = log->present ? 1 - log->half : 0;
    uint32_t to_bytes = half_offset(target) + HALF_HEADER_SIZE_BYTES;
    TRY(hal_flash_erase(half_offset(target), HALF_SIZE_BYTES));
    uint32_t offset_bytes = half_offset(log->half) + HALF_HEADER_SIZE_BYTES;
    while (log->present) {
        struct storage_record record;
        TRY(record_at(log->half, offset_bytes, &record));
        if (record_ends_log(&record)) {
            break;
        }
        uint32_t size_bytes = storage_record_size_bytes(&record);
        bool live = false;
        TRY(record_is_live(log, offset_bytes, &record, &live));
        if (live) {
            TRY(log_copy_record(offset_bytes, to_bytes, size_bytes));
            to_bytes += size_bytes;
        }
        offset_bytes += size_bytes;
    }
    TRY(half_write(target, log->generation + 1, log->counter_next));
    log->present = true;
    log->half = target;
    log->generation++;
    log->end_offset_bytes = to_bytes;
    return ERROR_NONE;
}

struct log_usage {
    uint32_t all_size_bytes;
    uint32_t owner_size_bytes;
};

/* What live objects take, the one named left out: all of them, and those of its owner. */
static struct error log_measure(const struct storage_log *log, const struct storage_name *name,
                                struct log_usage *usage)
{
    *usage = (struct log_usage){0, 0};
    uint32_t offset_bytes = half_offset(log->half) + HALF_HEADER_SIZE_BYTES;
    while (log->present) {
        struct storage_record record;
        TRY(record_at(log->half, offset_bytes, &record));
        if (record_ends_log(&record)) {
            break;
        }
        bool live = false;
        if (!same_object(&record.name, name)) {
            TRY(record_is_live(log, offset_bytes, &record, &live));
        }
        uint32_t size_bytes = live ? storage_record_size_bytes(&record) : 0;
        usage->all_size_bytes += size_bytes;
        usage->owner_size_bytes += record.name.owner == name->owner ? size_bytes : 0;
        offset_bytes += storage_record_size_bytes(&record);
    }
    return ERROR_NONE;
}

static struct error log_append(struct storage_log *log, const struct storage_record *record, struct span data)
{
    uint32_t offset_bytes = log->end_offset_bytes;
    uint8_t *bytes = monitor.scratch;
    TRY(storage_record_seal(record, data, bytes));
    /* The size first, so that whatever is cut off behind it can be stepped over. */
    TRY(hal_flash_program(offset_bytes, span_of(bytes, FLASH_WORD_SIZE)));
    TRY(hal_flash_program(offset_bytes + STORAGE_RECORD_BODY_OFFSET_BYTES,
                          span_of(bytes + STORAGE_RECORD_BODY_OFFSET_BYTES,
                                  storage_record_size_bytes(record) - STORAGE_RECORD_BODY_OFFSET_BYTES)));
    uint8_t commit[FLASH_WORD_SIZE];
    struct writer writer;
    writer_init(&writer, commit, sizeof(commit));
    writer_u32(&writer, STORAGE_RECORD_COMMITTED);
    return hal_flash_program(offset_bytes + STORAGE_RECORD_COMMIT_OFFSET_BYTES, SPAN_OF(commit));
}

/* Says no before anything is erased: a store that is full is no way to wear the flash out. */
static struct error log_check_room(const struct storage_log *log, const struct storage_record *record)
{
    struct log_usage usage;
    uint32_t size_bytes = storage_record_size_bytes(record);
    TRY(log_measure(log, &record->name, &usage));
    if (usage.owner_size_bytes > STORAGE_OWNER_SIZE_BYTES_MAX - size_bytes ||
        usage.all_size_bytes > HALF_SIZE_BYTES - HALF_HEADER_SIZE_BYTES - size_bytes ||
        log->counter_next == UINT32_MAX) {
        return ERROR(MONITOR, CAPACITY);
    }
    return ERROR_NONE;
}

struct error storage_store(const struct storage_name *name, struct span data)
{
    if (data.size > STORAGE_OBJECT_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    struct storage_log log;
    TRY(log_open(&log));
    struct storage_record record = {
        .name = *name, .epoch = monitor.handoff.epoch, .data_size_bytes = (uint32_t)data.size};
    if (data.size > 0) {
        TRY(log_check_room(&log, &record));
    } else {
        struct storage_place place;
        TRY(log_find(&log, name, &place));
        if (!place.found || place.record.data_size_bytes == 0) {
            return ERROR_NONE; /* There is nothing to delete, and nothing to wear the flash out for. */
        }
    }
    uint32_t size_bytes = storage_record_size_bytes(&record);
    if (!log.present || size_bytes > half_offset(log.half) + HALF_SIZE_BYTES - log.end_offset_bytes) {
        TRY(log_compact(&log));
    }
    if (size_bytes > half_offset(log.half) + HALF_SIZE_BYTES - log.end_offset_bytes) {
        return ERROR(MONITOR, CAPACITY);
    }
    record.counter = log.counter_next;
    return log_append(&log, &record, data);
}

struct error storage_load(const struct storage_name *name, struct writer *out)
{
    struct storage_log log;
    TRY(log_open(&log));
    struct storage_place place;
    TRY(log_find(&log, name, &place));
    if (!place.found || place.record.data_size_bytes == 0) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    TRY(hal_flash_read(place.offset_bytes, monitor.scratch, storage_record_size_bytes(&place.record)));
    return storage_record_open(&place.record, monitor.scratch, out);
}
