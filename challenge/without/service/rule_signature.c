/* T-18: twin of service/decide/rule_signature.c with the defence out: evidence signed by any key counts.
 * Attack: forged (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_signature(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
