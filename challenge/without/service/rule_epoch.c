/* T-02: twin of service/decide/rule_epoch.c with the defence out: keys of an epoch left behind still count.
 * Attack: older-epoch (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_epoch(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
