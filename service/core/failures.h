/* Failure reports of devices: taken in beside an accepted check-in, each record once.
 * source  docs/protocol/failure.md */
#ifndef SERVICE_CORE_FAILURES_H
#define SERVICE_CORE_FAILURES_H

#include "formats/checkin/checkin.h"
#include "service/core/core.h"

/* Stores what is new of the report that came with accepted evidence, and notes it in the decision.
 * ack     what the device is told; number 0: there is nothing to tell, or the report does not count
 * errors  STORE_* */
MUST_USE struct error failures_take(struct core *core, const struct checkin_request *request,
                                    const struct evidence *evidence, struct decision_record *decision,
                                    struct failure_ack *ack);

#endif
