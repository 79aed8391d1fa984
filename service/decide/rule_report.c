#include <string.h>

#include "service/decide/failure.h"

struct error rule_report(const struct evidence *evidence, const struct sha256_digest *report_digest)
{
    /* T-31: an edge, or a compartment of the device, may have put anything beside the evidence. What counts is what the
     * monitor gave out and vouched for. */
    bool is_proven = evidence->has_failures && memcmp(report_digest->bytes, evidence->failures_digest.bytes,
                                                      sizeof report_digest->bytes) == 0;
    return is_proven ? ERROR_NONE : ERROR(FAILURE, UNPROVEN);
}
