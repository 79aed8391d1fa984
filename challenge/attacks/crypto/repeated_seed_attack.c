/* The random source gives the same bytes for two signatures; their nonces would be equal, and the private key follows
 * from two equations in two unknowns (T-13). */
#include <openssl/bn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/ecdsa_p256.h"

#define ORDER_HEX "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"

static BIGNUM *number(const uint8_t bytes[32])
{
    BIGNUM *value = BN_bin2bn(bytes, 32, NULL);
    assert_non_null(value);
    return value;
}

/* (a - b) / (c - d) mod n */
static BIGNUM *quotient(const BIGNUM *a, const BIGNUM *b, const BIGNUM *c, const BIGNUM *d, const BIGNUM *n, BN_CTX *memory)
{
    BIGNUM *above = BN_new();
    BIGNUM *below = BN_new();
    assert_true(BN_mod_sub(above, a, b, n, memory) && BN_mod_sub(below, c, d, n, memory));
    BIGNUM *inverse = BN_mod_inverse(NULL, below, n, memory);
    if (inverse == NULL || !BN_mod_mul(above, above, inverse, n, memory)) {
        BN_zero(above);
    }
    BN_free(inverse);
    BN_free(below);
    return above;
}

/* key = (s1 k - z1) / r with k = (z1 - z2) / (s1 - s2), as if both signatures had the nonce k. */
static void solve(const struct ecdsa_p256_signature signatures[2], const struct sha256_digest digests[2],
                  struct ecdsa_p256_private_key *key)
{
    BN_CTX *memory = BN_CTX_new();
    BIGNUM *n = NULL;
    assert_true(BN_hex2bn(&n, ORDER_HEX));
    BIGNUM *r = number(signatures[0].bytes);
    BIGNUM *s[2] = {number(signatures[0].bytes + 32), number(signatures[1].bytes + 32)};
    BIGNUM *z[2] = {number(digests[0].bytes), number(digests[1].bytes)};
    BIGNUM *zero = BN_new();
    BIGNUM *k = quotient(z[0], z[1], s[0], s[1], n, memory);
    BIGNUM *product = BN_new();
    assert_true(BN_mod_mul(product, s[0], k, n, memory));
    BIGNUM *found = quotient(product, z[0], r, zero, n, memory);
    assert_int_equal(BN_bn2binpad(found, key->bytes, sizeof(key->bytes)), sizeof(key->bytes));
    BIGNUM *all[] = {n, r, s[0], s[1], z[0], z[1], zero, k, product, found};
    for (size_t index = 0; index < sizeof(all) / sizeof(all[0]); index++) {
        BN_free(all[index]);
    }
    BN_CTX_free(memory);
}

static void attack(void **state)
{
    (void)state;
    static const uint8_t repeated[32] = {7};
    static const uint8_t secret[32] = {1, 2, 3};
    const char *expected = getenv("EXPECT");
    assert_non_null(expected);
    struct ecdsa_p256_private_key key;
    struct ecdsa_p256_public_key public_key;
    assert_true(error_is_none(ecdsa_p256_derive_private(SPAN_OF(secret), SPAN_OF("attack"), &key)));
    assert_true(error_is_none(ecdsa_p256_public_of(&key, &public_key)));
    struct sha256_digest digests[2] = {sha256_of(SPAN_OF("one")), sha256_of(SPAN_OF("two"))};
    struct ecdsa_p256_signature signatures[2];
    for (size_t index = 0; index < 2; index++) {
        assert_true(
            error_is_none(ecdsa_p256_sign(&key, &digests[index], SPAN_OF(repeated), &signatures[index])));
        assert_true(error_is_none(ecdsa_p256_verify(&public_key, &digests[index], &signatures[index])));
    }
    struct ecdsa_p256_private_key found;
    solve(signatures, digests, &found);
    bool succeeds = memcmp(found.bytes, key.bytes, sizeof(key.bytes)) == 0;
    assert_string_equal(succeeds ? "succeeds" : "refused", expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(attack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
