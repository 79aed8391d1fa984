/* The one signed answer of a check-in: ticket, time, order and settings in one COSE_Sign1 by a control key.
 *     {1: ticket nonce, 2: evidence digest, 3: time (s since 1970), 4: ticket lifetime (s), ? 5: [order, target epoch,
 *      reason], 6: SHA-256 of the rest of the response, 7: next challenge}
 * source  docs/protocol/answer.md */
#ifndef FORMATS_TOKEN_ANSWER_H
#define FORMATS_TOKEN_ANSWER_H

#include "base/error.h"
#include "base/writer.h"
#include "formats/token/evidence.h"

#define ANSWER_SIZE_BYTES_MAX 512

enum order_kind {
    ORDER_NONE = 0,
    ORDER_REFRESH = 1,
};

struct answer {
    uint8_t ticket_nonce[TICKET_NONCE_SIZE_BYTES];
    struct sha256_digest evidence_digest; /* of the whole evidence token */
    uint64_t time_s;
    uint32_t ticket_lifetime_s;
    enum order_kind order;
    uint32_t order_epoch;  /* if order is not none */
    uint32_t order_reason; /* if order is not none */
    struct sha256_digest rest_digest;
    uint8_t next_challenge[CHALLENGE_SIZE_BYTES];
};

MUST_USE struct error answer_encode_payload(const struct answer *answer, struct writer *out);
/* Reads; the signature is the caller's (cose_sign1_verify).  errors  CBOR_*, COSE_*, ANSWER_STRUCTURE */
MUST_USE struct error answer_parse(struct span token, struct answer *out, struct ecdsa_p256_public_key *signer);

#endif
