/* Calls about failures: reported by the kernel, read and acknowledged by the agent. */
#include "base/reader.h"
#include "device/abi/system_table.h"
#include "device/monitor/calls.h"
#include "device/monitor/failure.h"
#include "device/monitor/line.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"

/* The kernel knows the compartment; what it runs is the monitor's own knowledge. */
static void record_set_version(struct failure_record *record)
{
    record->component = record->compartment < SYSTEM_APP_FIRST ? COMPONENT_BASE : COMPONENT_APP;
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        if (monitor.measurements[index].component == record->component) {
            record->sequence = monitor.measurements[index].sequence;
            record->digest = monitor.measurements[index].digest;
        }
    }
}

static void record_set_name(struct failure_record *record, struct span name)
{
    for (size_t index = 0; failure_name_is_valid(name) && index < name.size; index++) {
        record->name[index] = (char)name.data[index];
    }
}

static void print_fault(const struct failure_record *record)
{
    struct line line;
    line_begin(&line, "monitor: fault ");
    line_decimal(&line, record->compartment);
    line_text(&line, " 0x");
    line_hex(&line, record->cause, 8);
    line_text(&line, " 0x");
    line_hex(&line, record->pc, 8);
    line_end(&line);
}

struct error call_fault(struct span in, struct writer *out)
{
    (void)out;
    struct failure_record record = {0};
    struct reader reader;
    reader_init(&reader, in);
    record.kind = reader_u8(&reader);
    record.compartment = reader_u8(&reader);
    record.cause = reader_u32(&reader);
    record.pc = reader_u32(&reader);
    record.lr = reader_u32(&reader);
    record.address = reader_u32(&reader);
    if (!reader_ok(&reader) || record.kind == 0 || record.kind > FAULT_KIND_COUNT ||
        reader_remaining(&reader) > FAILURE_NAME_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    record_set_name(&record, reader_take(&reader, reader_remaining(&reader)));
    record_set_version(&record);
    monitor_count_fault((enum fault_kind)record.kind);
    print_fault(&record);
    return failure_add(&record);
}

struct error call_failure_read(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    uint32_t size_bytes_max = reader_u16(&reader);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    bool has_more = false;
    uint8_t *more = writer_reserve(out, 1);
    TRY(failure_report(size_bytes_max, out, &has_more));
    if (more == NULL || !writer_ok(out)) {
        return ERROR(MONITOR, CAPACITY);
    }
    *more = has_more ? 1 : 0;
    struct span report = span_of(more + 1, writer_span(out).size - 1);
    /* The next evidence vouches for these bytes and no others (T-31). */
    monitor.failures_given = report.size > 0;
    monitor.failures_digest = sha256_of(report);
    return ERROR_NONE;
}

struct error call_failure_done(struct span in, struct writer *out)
{
    (void)out;
    struct reader reader;
    reader_init(&reader, in);
    uint32_t log = reader_u32(&reader);
    uint32_t number = reader_u32(&reader);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    return failure_done(log, number);
}
