/* T-02: twin of service/decide/rule_challenge.c with the defence out: evidence may answer any challenge.
 * Attack: hoarded (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_challenge(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
