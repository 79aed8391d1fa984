/* P-256 by p256-m as shipped with Mbed TLS. Its only source of randomness is psa_generate_random, which is ours here:
 * it draws from a DRBG that each signature seeds anew from private key, digest and nonce_input. */
#include "crypto/ecdsa_p256.h"

#include <p256-m.h>
#include <psa/crypto.h>

#include "base/secret.h"
#include "crypto/hmac_drbg.h"
#include "crypto/hmac_sha256.h"

/* Set only while a signature is being made; the monitor makes one at a time (its gate) and the ROM is alone. */
static struct hmac_drbg *nonce_drbg;

psa_status_t psa_generate_random(uint8_t *output, size_t output_size)
{
    if (nonce_drbg == NULL) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    hmac_drbg_generate(nonce_drbg, output, output_size);
    return PSA_SUCCESS;
}

struct error ecdsa_p256_public_of(const struct ecdsa_p256_private_key *private_key,
                                  struct ecdsa_p256_public_key *public_key)
{
    if (p256_public_from_private(public_key->bytes, private_key->bytes) != P256_SUCCESS) {
        return ERROR(CRYPTO, KEY);
    }
    return ERROR_NONE;
}

struct error ecdsa_p256_sign(const struct ecdsa_p256_private_key *private_key, const struct sha256_digest *digest,
                             struct span nonce_input, struct ecdsa_p256_signature *signature)
{
    struct hmac_drbg drbg;

    hmac_drbg_init(&drbg, SPAN_OF(private_key->bytes));
    hmac_drbg_reseed(&drbg, SPAN_OF(digest->bytes));
    hmac_drbg_reseed(&drbg, nonce_input);
    nonce_drbg = &drbg;
    int result = p256_ecdsa_sign(signature->bytes, private_key->bytes, digest->bytes, sizeof(digest->bytes));
    nonce_drbg = NULL;
    secret_wipe(&drbg, sizeof(drbg));
    return result == P256_SUCCESS ? ERROR_NONE : ERROR(CRYPTO, KEY);
}

struct error ecdsa_p256_verify(const struct ecdsa_p256_public_key *public_key, const struct sha256_digest *digest,
                               const struct ecdsa_p256_signature *signature)
{
    int result = p256_ecdsa_verify(signature->bytes, public_key->bytes, digest->bytes, sizeof(digest->bytes));
    return result == P256_SUCCESS ? ERROR_NONE : ERROR(CRYPTO, SIGNATURE);
}
