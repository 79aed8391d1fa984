#include "service/decide/rules.h"

struct error rule_epoch(const struct decide_input *input)
{
    /* T-02: keys of an epoch that a refresh left behind may be in an attacker's hands. */
    bool is_left_behind = input->record != NULL && input->identity.epoch < input->record->epoch;
    return is_left_behind ? ERROR(EVIDENCE, EPOCH) : ERROR_NONE;
}
