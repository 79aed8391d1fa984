/* T-15: twin of service/decide/rule_reference.c with the defence out: code that was never released is served.
 * Attack: unknown-monitor, lying-monitor, unknown-base (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_reference(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
