/* The calls of device/abi/monitor_call.h, one function each. in is untrusted; what is written to out reaches the caller
 * only if the call succeeds and out did not overflow (monitor_dispatch). */
#ifndef DEVICE_MONITOR_CALLS_H
#define DEVICE_MONITOR_CALLS_H

#include "base/error.h"
#include "base/span.h"
#include "base/writer.h"

MUST_USE struct error call_identity(struct span in, struct writer *out);
MUST_USE struct error call_random(struct span in, struct writer *out);
MUST_USE struct error call_evidence(struct span in, struct writer *out);
MUST_USE struct error call_certificate(struct span in, struct writer *out);
MUST_USE struct error call_certificate_set(struct span in, struct writer *out);
MUST_USE struct error call_operational_sign(struct span in, struct writer *out);
MUST_USE struct error call_answer(struct span in, struct writer *out);
MUST_USE struct error call_claim(struct span in, struct writer *out);
MUST_USE struct error call_keyset(struct span in, struct writer *out);
MUST_USE struct error call_reset(struct span in, struct writer *out);
MUST_USE struct error call_store(struct span in, struct writer *out);
MUST_USE struct error call_load(struct span in, struct writer *out);
MUST_USE struct error call_log(struct span in, struct writer *out);
MUST_USE struct error call_fault(struct span in, struct writer *out);
MUST_USE struct error call_failure_read(struct span in, struct writer *out);
MUST_USE struct error call_failure_done(struct span in, struct writer *out);
MUST_USE struct error call_confirm(struct span in, struct writer *out);
MUST_USE struct error call_time(struct span in, struct writer *out);
MUST_USE struct error call_update_begin(struct span in, struct writer *out);
MUST_USE struct error call_update_write(struct span in, struct writer *out);
MUST_USE struct error call_update_finish(struct span in, struct writer *out);
MUST_USE struct error call_slot_read(struct span in, struct writer *out);
MUST_USE struct error call_update_status(struct span in, struct writer *out);

#endif
