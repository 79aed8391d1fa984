/* T-14: twin of service/decide/rule_voucher.c with the defence out: a device of any owner is served.
 * Attack: unowned (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_voucher(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
