/* T-14: twin of service/decide/rule_chain.c with the defence out: certificates of any maker are believed.
 * Attack: stranger (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_chain(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
