#include "service/decide/rules.h"

struct error rule_chain(const struct decide_input *input)
{
    return input->chain;
}
