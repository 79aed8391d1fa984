/* P-256 by p256-m as shipped with Mbed TLS. Its only source of randomness is psa_generate_random, which is ours here:
 * it draws from a DRBG that each signature seeds anew from private key, digest and nonce_input. */
#include "crypto/ecdsa_p256.h"

/* The whole of p256-m, for its arithmetic: verification must end in a comparison that one skipped instruction does not
 * turn (threat T-12), and the library's own answer is one branch on one word. */
#include <p256-m.c>
#include <psa/crypto.h>

#include "base/hardened.h"
#include "base/secret.h"
#include "crypto/hmac_drbg.h"
#include "crypto/mbedtls/ecdsa_p256_nonce.h"

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

    ecdsa_p256_nonce_init(&drbg, private_key, digest, nonce_input);
    nonce_drbg = &drbg;
    int result = p256_ecdsa_sign(signature->bytes, private_key->bytes, digest->bytes, sizeof(digest->bytes));
    nonce_drbg = NULL;
    secret_wipe(&drbg, sizeof(drbg));
    return result == P256_SUCCESS ? ERROR_NONE : ERROR(CRYPTO, KEY);
}

/* x-coordinate, mod n, of the point that a valid signature's r came from (SEC 1, 4.1.4, steps 1 to 7; the course of
 * p256_ecdsa_verify up to its last step). Public data only.
 * Both products start as 0 and are checked to lie on the curve, which 0 does not: a skipped multiplication would
 * otherwise leave a point that a forger can plan with (threat T-12).
 * errors  CRYPTO_SIGNATURE: r, s or the key are out of range */
static struct error signature_point_x(const struct ecdsa_p256_public_key *public_key,
                                      const struct sha256_digest *digest,
                                      const struct ecdsa_p256_signature *signature, uint8_t out[32])
{
    uint32_t r[8], s[8], e[8], u1[8], u2[8], key_x[8], key_y[8];
    uint32_t key_product_x[8] = {0}, key_product_y[8] = {0};
    uint32_t base_product_x[8] = {0}, base_product_y[8] = {0};
    if (scalar_from_bytes(r, signature->bytes) != 0 || scalar_from_bytes(s, signature->bytes + 32) != 0 ||
        point_from_bytes(key_x, key_y, public_key->bytes) != 0) {
        return ERROR(CRYPTO, SIGNATURE);
    }
    ecdsa_m256_from_hash(e, digest->bytes, sizeof(digest->bytes));
    m256_prep(s, &p256_n);
    m256_inv(s, s, &p256_n);
    m256_mul(u1, e, s, &p256_n);
    m256_done(u1, &p256_n);
    m256_prep(r, &p256_n);
    m256_mul(u2, r, s, &p256_n);
    m256_done(u2, &p256_n);
    /* scalar_mult takes no 0: u2 is none, because r is none; a digest that makes u1 one is refused. */
    if (u256_diff0(u1) == 0) {
        return ERROR(CRYPTO, SIGNATURE);
    }
    scalar_mult(key_product_x, key_product_y, key_x, key_y, u2);
    scalar_mult(base_product_x, base_product_y, p256_gx, p256_gy, u1);
    uint32_t off_curve = point_check(key_product_x, key_product_y) | point_check(base_product_x, base_product_y);
    /* The sum; the point at infinity gives 0, which r never is. */
    point_add_or_double_leaky(e, s, base_product_x, base_product_y, key_product_x, key_product_y);
    m256_done(e, &p256_p);
    ecdsa_m256_mod_n(e);
    u256_to_bytes(out, e);
    return off_curve == 0 ? ERROR_NONE : ERROR(CRYPTO, SIGNATURE);
}

/* HARDENED_TRUE, or anything else. A function of its own without a branch, so that ecdsa_p256_verify never holds the success
 * of a part of its work, with which a skipped instruction on its way out could leave (threat T-12). What no point was
 * found for differs from r in every bit: a forger chooses r. */
__attribute__((noinline)) static uint32_t signature_matches(const struct ecdsa_p256_public_key *public_key,
                                                            const struct sha256_digest *digest,
                                                            const struct ecdsa_p256_signature *signature)
{
    uint8_t x[32];
    for (size_t index = 0; index < sizeof(x); index++) {
        x[index] = (uint8_t)~signature->bytes[index];
    }
    struct error error = signature_point_x(public_key, digest, signature, x);
    return hardened_equal(x, signature->bytes, sizeof(x)) ^ error.code ^ ERROR_CODE_NONE;
}

struct error ecdsa_p256_verify(const struct ecdsa_p256_public_key *public_key, const struct sha256_digest *digest,
                               const struct ecdsa_p256_signature *signature)
{
    uint32_t matches = signature_matches(public_key, digest, signature);
    uint32_t second = hardened_launder(matches);
    if (matches != HARDENED_TRUE) {
        return ERROR(CRYPTO, SIGNATURE);
    }
    /* Resists a skip of the branch above. */
    hardened_require(second);
    return ERROR_NONE;
}
