/* Where the nonces of signatures come from; a file of its own, so that a twin build can leave the defence out. */
#ifndef CRYPTO_MBEDTLS_ECDSA_P256_NONCE_H
#define CRYPTO_MBEDTLS_ECDSA_P256_NONCE_H

#include "crypto/ecdsa_p256.h"
#include "crypto/hmac_drbg.h"

/* Seeds the DRBG that one signature draws from. The caller wipes it. */
void ecdsa_p256_nonce_init(struct hmac_drbg *drbg, const struct ecdsa_p256_private_key *private_key,
                           const struct sha256_digest *digest, struct span nonce_input);

#endif
