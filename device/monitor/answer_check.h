/* What an answer must be before anything of it counts (threat T-22). The first two cost nothing. */
#ifndef DEVICE_MONITOR_ANSWER_CHECK_H
#define DEVICE_MONITOR_ANSWER_CHECK_H

#include "formats/token/answer.h"

/* It is for the outstanding nonce, the last evidence and the rest that came with it.
 * errors  ANSWER_NONCE, ANSWER_EVIDENCE, ANSWER_REST */
MUST_USE struct error answer_check_binding(const struct answer *answer, struct span rest_digest);
/* A control key of the owner.  errors  ANSWER_SIGNER */
MUST_USE struct error answer_check_signer(const struct ecdsa_p256_public_key *signer);
/* Its signature and, once a boot, that of the control key set.  errors  ANSWER_SIGNATURE, KEYSET_SIGNATURE */
MUST_USE struct error answer_check_signature(struct span token);

#endif
