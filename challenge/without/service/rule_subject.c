/* T-18: twin of service/decide/rule_subject.c with the defence out: evidence may name another device than the certificates do.
 * Attack: impostor (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_subject(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
