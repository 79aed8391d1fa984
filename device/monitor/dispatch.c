#include "base/secret.h"
#include "device/monitor/calls.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"

static struct error dispatch_number(uint32_t number, struct span in, struct writer *out)
{
    switch (number) {
    case MONITOR_CALL_IDENTITY:
        return call_identity(in, out);
    case MONITOR_CALL_RANDOM:
        return call_random(in, out);
    case MONITOR_CALL_EVIDENCE:
        return call_evidence(in, out);
    case MONITOR_CALL_CERTIFICATE:
        return call_certificate(in, out);
    case MONITOR_CALL_OPERATIONAL_SIGN:
        return call_operational_sign(in, out);
    case MONITOR_CALL_ANSWER:
        return call_answer(in, out);
    case MONITOR_CALL_CLAIM:
        return call_claim(in, out);
    case MONITOR_CALL_RESET:
        return call_reset(in, out);
    case MONITOR_CALL_STORE:
        return call_store(in, out);
    case MONITOR_CALL_LOAD:
        return call_load(in, out);
    case MONITOR_CALL_LOG:
        return call_log(in, out);
    case MONITOR_CALL_FAULT:
        return call_fault(in, out);
    case MONITOR_CALL_CONFIRM:
        return call_confirm(in, out);
    case MONITOR_CALL_CERTIFICATE_SET:
        return call_certificate_set(in, out);
    case MONITOR_CALL_TIME:
        return call_time(in, out);
    case MONITOR_CALL_UPDATE_BEGIN:
        return call_update_begin(in, out);
    case MONITOR_CALL_UPDATE_WRITE:
        return call_update_write(in, out);
    case MONITOR_CALL_UPDATE_FINISH:
        return call_update_finish(in, out);
    case MONITOR_CALL_SLOT_READ:
        return call_slot_read(in, out);
    case MONITOR_CALL_UPDATE_STATUS:
        return call_update_status(in, out);
    case MONITOR_CALL_KEYSET:
        return call_keyset(in, out);
    case MONITOR_CALL_FAILURE_READ:
        return call_failure_read(in, out);
    case MONITOR_CALL_FAILURE_DONE:
        return call_failure_done(in, out);
    default:
        return ERROR(MONITOR, CALL);
    }
}

struct error monitor_dispatch(uint32_t number, struct span in, struct buffer *out)
{
    out->size = 0;
    if (!monitor.started) {
        return ERROR(MONITOR, STATE);
    }
    monitor.called = true;
    struct writer writer;
    writer_init(&writer, out->data, out->capacity);
    monitor.in_call = true;
    struct error error = dispatch_number(number, in, &writer);
    monitor.in_call = false;
    if (error_is_none(error) && !writer_ok(&writer)) {
        error = ERROR(MONITOR, CAPACITY);
    }
    if (error_is_none(error)) {
        out->size = writer_span(&writer).size;
    } else {
        /* Half an answer is none: nothing of it stays in the buffer that the gate copies from (threat T-20). */
        secret_wipe(out->data, writer.size);
    }
    secret_wipe(monitor.scratch, sizeof(monitor.scratch));
    return error;
}
