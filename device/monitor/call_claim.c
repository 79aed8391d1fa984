#include "device/monitor/calls.h"
#include "device/monitor/claim.h"
#include "device/monitor/claim_keyset.h"

struct error call_claim(struct span in, struct writer *out)
{
    (void)out;
    if (in.size == 0 || in.size > CLAIM_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    return claim_accept(in);
}

struct error call_keyset(struct span in, struct writer *out)
{
    (void)out;
    if (in.size == 0 || in.size > KEYSET_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    return claim_keyset_accept(in);
}
