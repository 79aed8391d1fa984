/* Devices and the decisions about them. */
#include "service/store/sqlite/sqlite_internal.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

#define MEASUREMENT_STORED_SIZE_BYTES (1 + 4 + 2 * SHA256_DIGEST_SIZE_BYTES)
#define GENERATIONS_STORED_SIZE_BYTES 12
#define ENDPOINT_STORED_SIZE_BYTES 9
#define FAULTS_STORED_SIZE_BYTES (4 * FAULT_KIND_COUNT)

/* The two lists inside a device record are stored as packed big-endian blobs: nobody queries inside them. */
static size_t measurements_pack(const struct device_record *record, uint8_t *out, size_t capacity)
{
    struct writer writer;
    writer_init(&writer, out, capacity);
    for (size_t index = 0; index < record->measurement_count; index++) {
        const struct measurement *measurement = &record->measurements[index];
        writer_u8(&writer, (uint8_t)measurement->component);
        writer_u32(&writer, measurement->sequence);
        writer_bytes(&writer, SPAN_OF(measurement->digest.bytes));
        writer_bytes(&writer, SPAN_OF(measurement->authority.bytes));
    }
    return writer_span(&writer).size;
}

static bool measurements_unpack(struct span bytes, struct device_record *record)
{
    size_t count = bytes.size / MEASUREMENT_STORED_SIZE_BYTES;
    if (count > COMPONENT_COUNT || bytes.size % MEASUREMENT_STORED_SIZE_BYTES != 0) {
        return false;
    }
    struct reader reader;
    reader_init(&reader, bytes);
    for (size_t index = 0; index < count; index++) {
        struct measurement *measurement = &record->measurements[index];
        measurement->component = (enum component)reader_u8(&reader);
        measurement->sequence = reader_u32(&reader);
        memcpy(measurement->digest.bytes, reader_take(&reader, SHA256_DIGEST_SIZE_BYTES).data,
               SHA256_DIGEST_SIZE_BYTES);
        memcpy(measurement->authority.bytes, reader_take(&reader, SHA256_DIGEST_SIZE_BYTES).data,
               SHA256_DIGEST_SIZE_BYTES);
    }
    record->measurement_count = count;
    return true;
}

static void faults_pack(const struct device_record *record, uint8_t out[FAULTS_STORED_SIZE_BYTES])
{
    struct writer writer;
    writer_init(&writer, out, FAULTS_STORED_SIZE_BYTES);
    for (size_t kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        writer_u32(&writer, record->fault_counts[kind]);
    }
}

static bool faults_unpack(struct span bytes, struct device_record *record)
{
    struct reader reader;
    reader_init(&reader, bytes);
    for (size_t kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        record->fault_counts[kind] = reader_u32(&reader);
    }
    return reader_ok(&reader) && reader_remaining(&reader) == 0;
}

static void generations_pack(const struct checkin_generations *generations,
                             uint8_t out[GENERATIONS_STORED_SIZE_BYTES])
{
    struct writer writer;
    writer_init(&writer, out, GENERATIONS_STORED_SIZE_BYTES);
    writer_u32(&writer, generations->release);
    writer_u32(&writer, generations->app);
    writer_u32(&writer, generations->control);
}

static bool generations_unpack(struct span bytes, struct checkin_generations *generations)
{
    struct reader reader;
    reader_init(&reader, bytes);
    generations->release = reader_u32(&reader);
    generations->app = reader_u32(&reader);
    generations->control = reader_u32(&reader);
    return reader_ok(&reader) && reader_remaining(&reader) == 0;
}

static size_t endpoints_pack(const struct device_record *record, uint8_t *out, size_t capacity)
{
    struct writer writer;
    writer_init(&writer, out, capacity);
    for (size_t index = 0; index < record->endpoint_count; index++) {
        const struct endpoint *endpoint = &record->endpoints[index];
        writer_u8(&writer, endpoint->compartment);
        writer_u8(&writer, (uint8_t)endpoint->kind);
        writer_u16(&writer, endpoint->port);
        writer_u32(&writer, endpoint->address);
        writer_u8(&writer, endpoint->used ? 1 : 0);
    }
    return writer_span(&writer).size;
}

static bool endpoints_unpack(struct span bytes, struct device_record *record)
{
    struct reader reader;
    record->endpoint_count = bytes.size / ENDPOINT_STORED_SIZE_BYTES;
    if (record->endpoint_count > ENDPOINT_COUNT_MAX || bytes.size % ENDPOINT_STORED_SIZE_BYTES != 0) {
        return false;
    }
    reader_init(&reader, bytes);
    for (size_t index = 0; index < record->endpoint_count; index++) {
        struct endpoint *endpoint = &record->endpoints[index];
        endpoint->compartment = reader_u8(&reader);
        endpoint->kind = (enum endpoint_kind)reader_u8(&reader);
        endpoint->port = reader_u16(&reader);
        endpoint->address = reader_u32(&reader);
        endpoint->used = reader_u8(&reader) == 1;
    }
    return reader_ok(&reader);
}

static struct error device_from_row(sqlite3_stmt *row, struct device_record *out)
{
    struct device_record record = {.version = sqlite_column_number(row, 1)};
    bool ok = sqlite_column_into(row, 0, record.ueid.bytes, sizeof record.ueid.bytes);
    sqlite_column_string(row, 2, record.batch, sizeof record.batch);
    ok = ok && sqlite_column_into(row, 3, record.attestation_key.bytes, sizeof record.attestation_key.bytes);
    ok = ok && sqlite_column_into(row, 4, record.monitor_digest.bytes, sizeof record.monitor_digest.bytes);
    record.monitor_sequence = (uint32_t)sqlite_column_number(row, 5);
    record.attestation_epoch = (uint32_t)sqlite_column_number(row, 6);
    record.debug = sqlite_column_number(row, 7) != 0;
    record.epoch = (uint32_t)sqlite_column_number(row, 8);
    record.boot_count = (uint32_t)sqlite_column_number(row, 9);
    record.sequence = (uint32_t)sqlite_column_number(row, 10);
    record.challenge_origin = (enum challenge_origin)sqlite_column_number(row, 11);
    ok = ok && sqlite_column_into(row, 12, record.challenge, sizeof record.challenge);
    ok = ok && sqlite_column_into(row, 13, record.operational_key.bytes, sizeof record.operational_key.bytes);
    ok = ok && sqlite_column_into(row, 14, record.serial, sizeof record.serial);
    record.not_before_s = sqlite_column_number(row, 15);
    record.not_after_s = sqlite_column_number(row, 16);
    record.first_seen_s = sqlite_column_number(row, 17);
    record.last_seen_s = sqlite_column_number(row, 18);
    record.last_accepted_s = sqlite_column_number(row, 19);
    record.last_code = (uint32_t)sqlite_column_number(row, 20);
    record.uptime_s = (uint32_t)sqlite_column_number(row, 21);
    record.mode = (enum device_mode)sqlite_column_number(row, 22);
    ok = ok && faults_unpack(sqlite_column_span(row, 23), &record);
    ok = ok && measurements_unpack(sqlite_column_span(row, 24), &record);
    ok = ok && generations_unpack(sqlite_column_span(row, 25), &record.generations);
    ok = ok && endpoints_unpack(sqlite_column_span(row, 26), &record);
    if (!ok) {
        return ERROR(STORE, IO);
    }
    *out = record;
    return ERROR_NONE;
}

struct error store_device_load(struct store *store, const struct ueid *ueid, struct device_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_DEVICE_LOAD_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (!is_row) {
        return ERROR(STORE, NOT_FOUND);
    }
    struct error error = device_from_row(statement, out);
    sqlite_end(statement);
    return error;
}

struct error store_device_save(struct store *store, struct device_record *record)
{
    uint8_t measurements[COMPONENT_COUNT * MEASUREMENT_STORED_SIZE_BYTES];
    uint8_t faults[FAULTS_STORED_SIZE_BYTES];
    size_t measurements_size_bytes = measurements_pack(record, measurements, sizeof measurements);
    uint8_t generations[GENERATIONS_STORED_SIZE_BYTES];
    faults_pack(record, faults);
    uint8_t endpoints[ENDPOINT_COUNT_MAX * ENDPOINT_STORED_SIZE_BYTES];
    size_t endpoints_size_bytes = endpoints_pack(record, endpoints, sizeof endpoints);
    generations_pack(&record->generations, generations);
    sqlite3_stmt *statement = sqlite_statement(
        store, record->version == 0 ? SQLITE_DEVICE_INSERT_STATEMENT : SQLITE_DEVICE_UPDATE_STATEMENT);
    sqlite_bind_bytes(statement, 1, record->ueid.bytes, sizeof record->ueid.bytes);
    sqlite_bind_number(statement, 2, record->version + 1);
    sqlite_bind_string(statement, 3, record->batch);
    sqlite_bind_bytes(statement, 4, record->attestation_key.bytes, sizeof record->attestation_key.bytes);
    sqlite_bind_bytes(statement, 5, record->monitor_digest.bytes, sizeof record->monitor_digest.bytes);
    sqlite_bind_number(statement, 6, record->monitor_sequence);
    sqlite_bind_number(statement, 7, record->attestation_epoch);
    sqlite_bind_number(statement, 8, record->debug ? 1 : 0);
    sqlite_bind_number(statement, 9, record->epoch);
    sqlite_bind_number(statement, 10, record->boot_count);
    sqlite_bind_number(statement, 11, record->sequence);
    sqlite_bind_number(statement, 12, (uint64_t)record->challenge_origin);
    sqlite_bind_bytes(statement, 13, record->challenge, sizeof record->challenge);
    sqlite_bind_bytes(statement, 14, record->operational_key.bytes, sizeof record->operational_key.bytes);
    sqlite_bind_bytes(statement, 15, record->serial, sizeof record->serial);
    sqlite_bind_number(statement, 16, record->not_before_s);
    sqlite_bind_number(statement, 17, record->not_after_s);
    sqlite_bind_number(statement, 18, record->first_seen_s);
    sqlite_bind_number(statement, 19, record->last_seen_s);
    sqlite_bind_number(statement, 20, record->last_accepted_s);
    sqlite_bind_number(statement, 21, record->last_code);
    sqlite_bind_number(statement, 22, record->uptime_s);
    sqlite_bind_number(statement, 23, (uint64_t)record->mode);
    sqlite_bind_bytes(statement, 24, faults, sizeof faults);
    sqlite_bind_bytes(statement, 25, measurements, measurements_size_bytes);
    sqlite_bind_bytes(statement, 26, generations, sizeof generations);
    sqlite_bind_bytes(statement, 27, endpoints, endpoints_size_bytes);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    if (changed_count != 1) {
        return ERROR(STORE, CONFLICT);
    }
    record->version++;
    return ERROR_NONE;
}

struct device_visit {
    void (*visit)(void *context, const struct device_record *device);
    void *context;
};

static struct error device_take(sqlite3_stmt *row, void *context)
{
    const struct device_visit *to = context;
    struct device_record device;
    TRY(device_from_row(row, &device));
    to->visit(to->context, &device);
    return ERROR_NONE;
}

struct error store_device_list(struct store *store, const struct ueid *after, size_t count_max,
                               void (*visit)(void *context, const struct device_record *record), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_DEVICE_LIST_STATEMENT);
    sqlite_bind_bytes(statement, 1, after == NULL ? NULL : after->bytes, after == NULL ? 0 : sizeof after->bytes);
    sqlite_bind_number(statement, 2, count_max);
    return sqlite_each(store, statement, device_take, &(struct device_visit){visit, context});
}

struct error store_device_count(struct store *store, uint64_t *out)
{
    return sqlite_number(store, sqlite_statement(store, SQLITE_DEVICE_COUNT_STATEMENT), out);
}

static struct error decision_last_number(struct store *store, const struct ueid *ueid, uint64_t *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_DECISION_LAST_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    *out = is_row ? sqlite_column_number(statement, 0) : 0;
    if (is_row) {
        sqlite_end(statement);
    }
    return ERROR_NONE;
}

struct error store_decision_add(struct store *store, const struct decision_record *decision)
{
    uint64_t last_number = 0;
    TRY(decision_last_number(store, &decision->ueid, &last_number));
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_DECISION_ADD_STATEMENT);
    sqlite_bind_bytes(statement, 1, decision->ueid.bytes, sizeof decision->ueid.bytes);
    sqlite_bind_number(statement, 2, last_number + 1);
    sqlite_bind_number(statement, 3, decision->time_s);
    sqlite_bind_number(statement, 4, decision->code);
    sqlite_bind_number(statement, 5, decision->epoch);
    sqlite_bind_number(statement, 6, decision->boot_count);
    sqlite_bind_number(statement, 7, decision->sequence);
    sqlite_bind_bytes(statement, 8, decision->evidence_digest.bytes, sizeof decision->evidence_digest.bytes);
    sqlite_bind_string(statement, 9, decision->detail);
    TRY(sqlite_run(store, statement, NULL));
    if (last_number < DECISION_COUNT_MAX) {
        return ERROR_NONE;
    }
    statement = sqlite_statement(store, SQLITE_DECISION_TRIM_STATEMENT);
    sqlite_bind_bytes(statement, 1, decision->ueid.bytes, sizeof decision->ueid.bytes);
    sqlite_bind_number(statement, 2, last_number + 1 - DECISION_COUNT_MAX);
    return sqlite_run(store, statement, NULL);
}

struct decision_visit {
    void (*visit)(void *context, const struct decision_record *decision);
    void *context;
    const struct ueid *ueid;
};

static struct error decision_take(sqlite3_stmt *row, void *context)
{
    const struct decision_visit *to = context;
    struct decision_record decision = {
        .number = sqlite_column_number(row, 0),
        .ueid = *to->ueid,
        .time_s = sqlite_column_number(row, 1),
        .code = (uint32_t)sqlite_column_number(row, 2),
        .epoch = (uint32_t)sqlite_column_number(row, 3),
        .boot_count = (uint32_t)sqlite_column_number(row, 4),
        .sequence = (uint32_t)sqlite_column_number(row, 5),
    };
    sqlite_column_string(row, 7, decision.detail, sizeof decision.detail);
    if (!sqlite_column_into(row, 6, decision.evidence_digest.bytes, sizeof decision.evidence_digest.bytes)) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &decision);
    return ERROR_NONE;
}

struct error store_decision_list(struct store *store, const struct ueid *ueid, size_t count_max,
                                 void (*visit)(void *context, const struct decision_record *decision), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_DECISION_LIST_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    sqlite_bind_number(statement, 2, count_max);
    return sqlite_each(store, statement, decision_take, &(struct decision_visit){visit, context, ueid});
}
