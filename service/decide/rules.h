/* The rules of a check-in, one file each: ERROR_NONE or the reason for refusal. Pure.
 * Each assumes only what the rules before it in decide.c have established. */
#ifndef SERVICE_DECIDE_RULES_H
#define SERVICE_DECIDE_RULES_H

#include "service/decide/decide.h"

/* The certificates lead to a trusted maker. */
MUST_USE struct error rule_chain(const struct decide_input *input);
/* The evidence is signed by the certified attestation key. */
MUST_USE struct error rule_signature(const struct decide_input *input);
/* Evidence and certificate speak of the same device, epoch and debug state. */
MUST_USE struct error rule_subject(const struct decide_input *input);
/* A voucher of this owner covers the device. */
MUST_USE struct error rule_voucher(const struct decide_input *input);
/* The epoch was not left behind by a refresh or claim. */
MUST_USE struct error rule_epoch(const struct decide_input *input);
/* Boot count and sequence number rise strictly within an epoch. */
MUST_USE struct error rule_sequence(const struct decide_input *input);
/* The evidence was made for this connection. */
MUST_USE struct error rule_channel(const struct decide_input *input);
/* The evidence answers the latest challenge given to this device. */
MUST_USE struct error rule_challenge(const struct decide_input *input);
/* The service has not taken this epoch, or the right to connect at all, from the device. */
MUST_USE struct error rule_revoked(const struct decide_input *input);
/* What runs is what was released, and the monitor is the one that the ROM certified. */
MUST_USE struct error rule_reference(const struct decide_input *input);
/* The device does not itself say that it is open for debugging or altered. */
MUST_USE struct error rule_state(const struct decide_input *input);

#endif
