/* Without key and digest in the nonce: it comes from the random source alone (T-13). */
#include "crypto/mbedtls/ecdsa_p256_nonce.h"

void ecdsa_p256_nonce_init(struct hmac_drbg *drbg, const struct ecdsa_p256_private_key *private_key,
                           const struct sha256_digest *digest, struct span nonce_input)
{
    (void)private_key;
    (void)digest;
    hmac_drbg_init(drbg, nonce_input);
}
