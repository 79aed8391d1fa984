#include "service/decide/rules.h"

struct error rule_state(const struct decide_input *input)
{
    /* T-15: a device that is open for debugging can be made to say anything, and one whose code was altered while it ran
     * says so through its monitor: neither gets a ticket or a certificate. */
    if (input->evidence.debug) {
        return ERROR(CHECKIN, DEBUG);
    }
    return input->evidence.rehash_ok ? ERROR_NONE : ERROR(CHECKIN, ALTERED);
}
