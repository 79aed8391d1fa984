#include "crypto/mbedtls/ecdsa_p256_nonce.h"

/* Key and digest go in besides the randomness: two messages never share a nonce, whatever the source does, and who knows
 * the source does not know the nonce (threat T-13). */
void ecdsa_p256_nonce_init(struct hmac_drbg *drbg, const struct ecdsa_p256_private_key *private_key,
                           const struct sha256_digest *digest, struct span nonce_input)
{
    hmac_drbg_init(drbg, SPAN_OF(private_key->bytes));
    hmac_drbg_reseed(drbg, SPAN_OF(digest->bytes));
    hmac_drbg_reseed(drbg, nonce_input);
}
