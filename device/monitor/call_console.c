/* Calls that end on the console: log lines and reported faults. */
#include <assert.h>

#include "base/reader.h"
#include "device/monitor/calls.h"
#include "device/monitor/line.h"
#include "device/monitor/monitor.h"

#define CALL_LOG_SIZE_BYTES_MAX 200

static_assert(CALL_LOG_SIZE_BYTES_MAX + sizeof("ns: ") - 1 <= LINE_SIZE_BYTES_MAX, "no line is cut");

struct error call_log(struct span in, struct writer *out)
{
    (void)out;
    if (in.size > CALL_LOG_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    struct line line;
    line_begin(&line, "ns: ");
    line_untrusted(&line, in);
    line_end(&line);
    return ERROR_NONE;
}

struct error call_fault(struct span in, struct writer *out)
{
    (void)out;
    struct reader reader;
    reader_init(&reader, in);
    uint8_t kind = reader_u8(&reader);
    uint8_t compartment = reader_u8(&reader);
    uint32_t cause = reader_u32(&reader);
    uint32_t pc = reader_u32(&reader);
    (void)reader_u32(&reader); /* lr */
    (void)reader_u32(&reader); /* address */
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || kind == 0 || kind > FAULT_KIND_COUNT) {
        return ERROR(MONITOR, ARGUMENT);
    }
    monitor_count_fault((enum fault_kind)kind);
    struct line line;
    line_begin(&line, "monitor: fault ");
    line_decimal(&line, compartment);
    line_text(&line, " 0x");
    line_hex(&line, cause, 8);
    line_text(&line, " 0x");
    line_hex(&line, pc, 8);
    line_end(&line);
    return ERROR_NONE;
}
