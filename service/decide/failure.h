/* Which records of a failure report are new, and what is acknowledged. Pure, as decide.h.
 * source  docs/protocol/failure.md; threat T-31 */
#ifndef SERVICE_DECIDE_FAILURE_H
#define SERVICE_DECIDE_FAILURE_H

#include "formats/token/evidence.h"
#include "service/record/failure.h"

struct failure_output {
    size_t first; /* records from here on are new */
    struct failure_ack ack;
};

/* Whether the evidence vouches for the report with this digest.  errors  FAILURE_UNPROVEN */
MUST_USE struct error rule_report(const struct evidence *evidence, const struct sha256_digest *report_digest);
/* taken: what was acknowledged for this device last; number 0: nothing. Another log than that one is one that the device
 * made anew: all of it is new. */
void decide_failures(const struct failure_report *report, const struct failure_ack *taken, struct failure_output *out);
/* How many failures a record stands for: those that the kernel had to count are a number in it. */
uint64_t failure_count(const struct failure_record *record);

#endif
