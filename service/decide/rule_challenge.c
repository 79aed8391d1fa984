#include <string.h>

#include "service/decide/rules.h"

struct error rule_challenge(const struct decide_input *input)
{
    const struct device_record *record = input->record;
    /* T-02: without it, evidence made ahead of time, while the device was in a better state, would be good for ever. */
    bool is_latest = record != NULL && record->challenge_origin != CHALLENGE_NONE &&
                     memcmp(input->evidence.challenge, record->challenge, CHALLENGE_SIZE_BYTES) == 0;
    return is_latest ? ERROR_NONE : ERROR(EVIDENCE, CHALLENGE);
}
