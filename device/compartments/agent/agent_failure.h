/* Failure reports of the monitor on their way to the service, and the acknowledgement back. A monitor that knows no
 * such calls, or cannot read its flash, keeps no check-in from going on. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_FAILURE_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_FAILURE_H

#include "base/span.h"
#include "formats/failure/failure.h"

/* The oldest records that the service does not have; the evidence made next vouches for exactly these bytes.
 * has_more  others wait
 * returns   the report, borrowed until the next call; empty: nothing to report */
struct span agent_failure_read(bool *has_more);
/* The service has them: an acknowledgement from a verified answer. */
void agent_failure_done(const struct failure_ack *ack);

#endif
