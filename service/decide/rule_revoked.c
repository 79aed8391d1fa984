#include "service/decide/rules.h"

struct error rule_revoked(const struct decide_input *input)
{
    /* T-30: from the moment of the decision, whatever else the evidence says, a device below its lowest epoch gets the
     * order to refresh and nothing else. */
    if (input->revoked.is_quarantined) {
        return ERROR(CHECKIN, QUARANTINED);
    }
    return input->identity.epoch < input->revoked.epoch_min ? ERROR(CHECKIN, REFRESH) : ERROR_NONE;
}
