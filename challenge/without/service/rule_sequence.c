/* T-02: twin of service/decide/rule_sequence.c with the defence out: boot count and sequence number may fall.
 * Attack: older-copy (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_sequence(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
