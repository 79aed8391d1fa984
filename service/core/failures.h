/* Failure reports of devices: taken in beside an accepted check-in, each record once.
 * source  docs/protocol/failure.md */
#ifndef SERVICE_CORE_FAILURES_H
#define SERVICE_CORE_FAILURES_H

#include "formats/checkin/checkin.h"
#include "service/core/core.h"

/* Failures of what the device runs now, as far as they are news. */
struct failure_news {
    uint64_t counts[COMPONENT_COUNT + 1]; /* by enum component; 0: all, whatever ran then */
};

/* Stores what is new of the report that came with accepted evidence, and notes it in the decision.
 * news    written always
 * ack     what the device is told; number 0: there is nothing to tell, or the report does not count
 * errors  STORE_* */
MUST_USE struct error failures_take(struct core *core, const struct checkin_request *request,
                                    const struct evidence *evidence, struct decision_record *decision,
                                    struct failure_news *news, struct failure_ack *ack);

#endif
