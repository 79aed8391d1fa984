/* T-02: twin of service/decide/rule_channel.c with the defence out: evidence may come over any connection.
 * Attack: relayed (tests/service/attacks.c, tests/attacks/test_service_rules.py). */
#include "service/decide/rules.h"

struct error rule_channel(const struct decide_input *input)
{
    (void)input;
    return ERROR_NONE;
}
