#include <string.h>

#include "service/decide/rules.h"

struct error rule_signature(const struct decide_input *input)
{
    /* T-18: the key that the token names proves nothing by itself: it must be the one that the ROM certified. */
    bool is_certified = memcmp(input->signer.bytes, input->identity.attestation_key.bytes, sizeof input->signer.bytes) == 0;
    return is_certified && error_is_none(input->signature) ? ERROR_NONE : ERROR(EVIDENCE, SIGNATURE);
}
