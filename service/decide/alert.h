/* Rules over evidence that lead to an alert, a refresh or quarantine. Pure, like decide.h.
 * source  DESIGN 6, verdicts; docs/decisions/0013-checkin-rules.md */
#ifndef SERVICE_DECIDE_ALERT_H
#define SERVICE_DECIDE_ALERT_H

#include "service/decide/decide.h"
#include "service/record/alert.h"

/* How far back rivals are counted. */
#define ALERT_RIVAL_WINDOW_S 86400

struct alert_input {
    const struct alert_policy *policy;
    const struct decide_input *checkin;
    const struct decide_output *decided;
    uint64_t rival_count; /* of this epoch, within the window, this one included */
};

/* True if the evidence is the device's own, made for this connection, and yet behind what the device has proved in the
 * same epoch: a copy of the device, or a device whose boot record was lost. */
bool alert_is_rival(const struct decide_input *checkin, const struct decide_output *decided);
/* The firing that leads furthest; action ALERT_IGNORED: none fires. first_s and count are not
 * set. */
void alert_decide(const struct alert_input *input, struct alert_record *out);

#endif
