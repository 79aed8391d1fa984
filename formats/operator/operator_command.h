/* The operator command: an operator's own signature over one request, so that the door that carries it cannot make,
 * change or repeat one. COSE_Sign1 by the operator's key over
 *     {1: method, a space and path with query, 2: SHA-256 of the body, 3: time (s since 1970), 4: random nonce}
 * source  docs/protocol/operator-api.md; T-19 */
#ifndef FORMATS_OPERATOR_OPERATOR_COMMAND_H
#define FORMATS_OPERATOR_OPERATOR_COMMAND_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"
#include "crypto/sha256.h"

#define OPERATOR_COMMAND_SIZE_BYTES_MAX 640
#define OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX 264
#define OPERATOR_COMMAND_NONCE_SIZE_BYTES 16
/* How far its time may lie from the core's, in either direction. */
#define OPERATOR_COMMAND_WINDOW_S 300
/* The HTTP header, base64url. */
#define OPERATOR_COMMAND_HEADER "Sopris-Command"

struct operator_command {
    struct span target; /* "POST /v1/releases"; borrowed */
    struct sha256_digest body_digest;
    uint64_t time_s;
    uint8_t nonce[OPERATOR_COMMAND_NONCE_SIZE_BYTES];
};

/* errors  CBOR_CAPACITY, OPERATOR_COMMAND: the target is empty or too long */
MUST_USE struct error operator_command_encode_payload(const struct operator_command *command, struct writer *out);
/* Reads; whose key the signer is, and the signature, are the caller's (operator_command_verify).
 * out     its target borrows from token
 * errors  CBOR_*, COSE_*, OPERATOR_COMMAND */
MUST_USE struct error operator_command_parse(struct span token, struct operator_command *out,
                                             struct ecdsa_p256_public_key *signer);
/* Verifies the token with the key that it names.  errors  as operator_command_parse; COSE_SIGNATURE */
MUST_USE struct error operator_command_verify(struct span token);

#endif
