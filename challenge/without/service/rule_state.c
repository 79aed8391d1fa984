/* T-15: twin of service/decide/rule_state.c with the defence out: a device that says it was altered is served.
 * Attack: altered (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_state(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
