#include "device/monitor/calls.h"
#include "device/monitor/claim.h"

struct error call_claim(struct span in, struct writer *out)
{
    (void)out;
    if (in.size == 0 || in.size > CLAIM_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    return claim_accept(in);
}
