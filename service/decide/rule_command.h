/* The rule for an operator's request that changes something: it carries that operator's own signature, made for exactly
 * this request, lately, and once. Pure.
 * source  docs/protocol/operator-api.md; T-19 */
#ifndef SERVICE_DECIDE_RULE_COMMAND_H
#define SERVICE_DECIDE_RULE_COMMAND_H

#include "formats/operator/operator_command.h"

/* What the core has established. Members after is_present count only with it. */
struct command_facts {
    struct span target; /* of the request: method, a space, path with query */
    struct sha256_digest body_digest;
    uint64_t now_s;
    struct ecdsa_p256_public_key operator_key; /* of the certificate that is registered */
    bool is_present;
    struct operator_command command;
    struct ecdsa_p256_public_key signer;
    struct error signature; /* what verifying with the signer's key gave */
    bool is_used;           /* this operator's nonce was seen before */
};

/* errors  OPERATOR_UNSIGNED, _SIGNER, _SIGNATURE, _TARGET, _BODY, _TIME, _REPLAY */
MUST_USE struct error rule_command(const struct command_facts *facts);

#endif
