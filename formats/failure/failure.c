#include "formats/failure/failure.h"

#include <assert.h>

#include "formats/cbor/cbor.h"

#define REPORT_LOG 1
#define REPORT_RECORDS 2

#define RECORD_NUMBER 1
#define RECORD_BOOT_COUNT 2
#define RECORD_UPTIME 3
#define RECORD_KIND 4
#define RECORD_COMPONENT 5
#define RECORD_SEQUENCE 6
#define RECORD_DIGEST 7
#define RECORD_COMPARTMENT 8
#define RECORD_NAME 9
#define RECORD_CAUSE 10
#define RECORD_PC 11
#define RECORD_LR 12
#define RECORD_ADDRESS 13
#define RECORD_COUNT 14
#define RECORD_LOST 15
#define RECORD_LABEL_COUNT 15

/* Head of the map, labels; eight u32, kind, component, digest, compartment, name, two u16. */
static_assert(FAILURE_RECORD_SIZE_BYTES_MAX ==
                  1 + RECORD_LABEL_COUNT + 8 * 5 + 2 + 1 + 34 + 2 + 1 + FAILURE_NAME_SIZE_BYTES_MAX + 2 * 3,
              "the longest record");
static_assert(FAILURE_REPORT_SIZE_BYTES_MAX ==
                  FAILURE_REPORT_HEAD_SIZE_BYTES_MAX + FAILURE_REPORT_RECORD_COUNT_MAX * FAILURE_RECORD_SIZE_BYTES_MAX,
              "the longest report");

static bool name_letter_is_valid(uint8_t letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

bool failure_name_is_valid(struct span name)
{
    for (size_t index = 0; index < name.size; index++) {
        if (!name_letter_is_valid(name.data[index])) {
            return false;
        }
    }
    return name.size <= FAILURE_NAME_SIZE_BYTES_MAX;
}

static struct span name_span(const struct failure_record *record)
{
    size_t size_bytes = 0;
    while (size_bytes < FAILURE_NAME_SIZE_BYTES_MAX && record->name[size_bytes] != '\0') {
        size_bytes++;
    }
    return span_of(record->name, size_bytes);
}

static bool record_is_valid(const struct failure_record *record, uint32_t previous_number)
{
    return record->number > previous_number && record->kind != 0 && component_name(record->component) != NULL &&
           record->count != 0 && failure_name_is_valid(name_span(record));
}

void failure_report_begin(uint32_t log, size_t count, struct writer *out)
{
    cbor_write_map(out, 2);
    cbor_write_int(out, REPORT_LOG);
    cbor_write_uint(out, log);
    cbor_write_int(out, REPORT_RECORDS);
    cbor_write_array(out, count);
}

static void write_number(struct writer *out, int label, uint32_t value)
{
    cbor_write_int(out, label);
    cbor_write_uint(out, value);
}

void failure_record_write(const struct failure_record *record, struct writer *out)
{
    cbor_write_map(out, RECORD_LABEL_COUNT);
    write_number(out, RECORD_NUMBER, record->number);
    write_number(out, RECORD_BOOT_COUNT, record->boot_count);
    write_number(out, RECORD_UPTIME, record->uptime_s);
    write_number(out, RECORD_KIND, record->kind);
    write_number(out, RECORD_COMPONENT, (uint32_t)record->component);
    write_number(out, RECORD_SEQUENCE, record->sequence);
    cbor_write_int(out, RECORD_DIGEST);
    cbor_write_bytes(out, SPAN_OF(record->digest.bytes));
    write_number(out, RECORD_COMPARTMENT, record->compartment);
    cbor_write_int(out, RECORD_NAME);
    cbor_write_text(out, name_span(record));
    write_number(out, RECORD_CAUSE, record->cause);
    write_number(out, RECORD_PC, record->pc);
    write_number(out, RECORD_LR, record->lr);
    write_number(out, RECORD_ADDRESS, record->address);
    write_number(out, RECORD_COUNT, record->count);
    write_number(out, RECORD_LOST, record->lost);
}

struct error failure_report_encode(const struct failure_report *report, struct writer *out)
{
    uint32_t previous_number = 0;
    if (report->count == 0 || report->count > FAILURE_REPORT_RECORD_COUNT_MAX) {
        return ERROR(FAILURE, STRUCTURE);
    }
    failure_report_begin(report->log, report->count, out);
    for (size_t index = 0; index < report->count; index++) {
        if (!record_is_valid(&report->records[index], previous_number)) {
            return ERROR(FAILURE, STRUCTURE);
        }
        failure_record_write(&report->records[index], out);
        previous_number = report->records[index].number;
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}

static uint32_t read_number(struct cbor_reader *cbor, int32_t label, uint32_t max)
{
    cbor_expect_int(cbor, label);
    return cbor_read_uint_max(cbor, max);
}

static void record_read(struct cbor_reader *cbor, struct failure_record *record)
{
    cbor_expect_map(cbor, RECORD_LABEL_COUNT);
    record->number = read_number(cbor, RECORD_NUMBER, UINT32_MAX);
    record->boot_count = read_number(cbor, RECORD_BOOT_COUNT, UINT32_MAX);
    record->uptime_s = read_number(cbor, RECORD_UPTIME, UINT32_MAX);
    record->kind = (uint8_t)read_number(cbor, RECORD_KIND, UINT8_MAX);
    record->component = (enum component)read_number(cbor, RECORD_COMPONENT, COMPONENT_COUNT);
    record->sequence = read_number(cbor, RECORD_SEQUENCE, UINT32_MAX);
    cbor_expect_int(cbor, RECORD_DIGEST);
    cbor_read_bytes_into(cbor, record->digest.bytes, sizeof record->digest.bytes);
    record->compartment = (uint8_t)read_number(cbor, RECORD_COMPARTMENT, UINT8_MAX);
    cbor_expect_int(cbor, RECORD_NAME);
    struct span name = cbor_read_text_max(cbor, FAILURE_NAME_SIZE_BYTES_MAX);
    for (size_t index = 0; index < name.size; index++) {
        record->name[index] = (char)name.data[index];
    }
    record->cause = read_number(cbor, RECORD_CAUSE, UINT32_MAX);
    record->pc = read_number(cbor, RECORD_PC, UINT32_MAX);
    record->lr = read_number(cbor, RECORD_LR, UINT32_MAX);
    record->address = read_number(cbor, RECORD_ADDRESS, UINT32_MAX);
    record->count = (uint16_t)read_number(cbor, RECORD_COUNT, UINT16_MAX);
    record->lost = (uint16_t)read_number(cbor, RECORD_LOST, UINT16_MAX);
}

struct error failure_report_parse(struct span input, struct failure_report *out)
{
    struct failure_report report = {0};
    struct cbor_reader cbor;
    uint32_t previous_number = 0;
    cbor_reader_init(&cbor, input);
    cbor_expect_map(&cbor, 2);
    report.log = read_number(&cbor, REPORT_LOG, UINT32_MAX);
    cbor_expect_int(&cbor, REPORT_RECORDS);
    report.count = cbor_read_array(&cbor, FAILURE_REPORT_RECORD_COUNT_MAX);
    for (size_t index = 0; index < report.count; index++) {
        record_read(&cbor, &report.records[index]);
        if (!record_is_valid(&report.records[index], previous_number)) {
            cbor_reader_fail(&cbor, ERROR(FAILURE, STRUCTURE));
        }
        previous_number = report.records[index].number;
    }
    if (report.count == 0) {
        cbor_reader_fail(&cbor, ERROR(FAILURE, STRUCTURE));
    }
    TRY(cbor_error_as(cbor_reader_finish(&cbor), ERROR(FAILURE, STRUCTURE)));
    *out = report;
    return ERROR_NONE;
}
