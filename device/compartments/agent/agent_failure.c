#include "device/compartments/agent/agent_failure.h"

#include "base/writer.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"
#include "formats/checkin/checkin.h"

#define REQUEST_OTHER_SIZE_BYTES_MAX 1024 /* of a request without certificates: everything but evidence and report */

_Static_assert(EVIDENCE_SIZE_BYTES_MAX + FAILURE_REPORT_SIZE_BYTES_MAX + REQUEST_OTHER_SIZE_BYTES_MAX <=
                   CHECKIN_REQUEST_SIZE_BYTES_MAX,
               "the longest report fits a request");

static uint8_t memory[1 + FAILURE_REPORT_SIZE_BYTES_MAX];

struct span agent_failure_read(bool *has_more)
{
    static const uint8_t size[2] = {FAILURE_REPORT_SIZE_BYTES_MAX >> 8, FAILURE_REPORT_SIZE_BYTES_MAX & 0xFF};
    struct buffer reply = BUFFER_OF(memory);

    *has_more = false;
    struct error error = runtime_monitor(MONITOR_CALL_FAILURE_READ, SPAN_OF(size), &reply);
    if (!error_is_none(error) || reply.size < 1) {
        log_line_write_error("failure records cannot be read", error);
        return SPAN_EMPTY;
    }
    *has_more = memory[0] != 0;
    return span_of(memory + 1, reply.size - 1);
}

void agent_failure_done(const struct failure_ack *ack)
{
    uint8_t request[8];
    struct buffer nothing = {NULL, 0, 0};
    struct writer writer;

    writer_init(&writer, request, sizeof(request));
    writer_u32(&writer, ack->log);
    writer_u32(&writer, ack->number);
    struct error error = runtime_monitor(MONITOR_CALL_FAILURE_DONE, SPAN_OF(request), &nothing);
    if (!error_is_none(error)) {
        log_line_write_error("failure records stay", error);
    }
}
