/* T-19: twin of service/decide/rule_command.c with the defence out: an operator's certificate alone is believed.
 * Attack: an owned door (tests/attacks/test_service_commands.py). */
#include "service/decide/rule_command.h"

struct error rule_command(const struct command_facts *facts)
{
    (void)facts;
    return ERROR_NONE;
}
