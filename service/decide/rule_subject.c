#include <string.h>

#include "service/decide/rules.h"

struct error rule_subject(const struct decide_input *input)
{
    const struct evidence *evidence = &input->evidence;
    if (memcmp(evidence->ueid.bytes, input->identity.ueid.bytes, UEID_SIZE_BYTES) != 0) {
        return ERROR(EVIDENCE, UEID);
    }
    /* T-18: the attestation key is derived from the epoch, so a device cannot be in another one than its certificate says. */
    if (evidence->epoch != input->identity.epoch) {
        return ERROR(EVIDENCE, EPOCH);
    }
    return evidence->debug == input->identity.debug ? ERROR_NONE : ERROR(IDENTITY, TCB_INFO);
}
