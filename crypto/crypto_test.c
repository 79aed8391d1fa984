/* Published vectors against whichever body the test is linked with; built once for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "crypto/chacha20_poly1305.h"
#include "crypto/ecdsa_p256.h"
#include "crypto/hmac_drbg.h"
#include "crypto/hmac_sha256.h"

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static size_t from_hex(const char *hex, uint8_t *out, size_t capacity)
{
    size_t size = strlen(hex) / 2;

    assert_true(size <= capacity);
    for (size_t index = 0; index < size; index++) {
        char digits[3] = {hex[2 * index], hex[2 * index + 1], 0};
        out[index] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

static void assert_hex(const uint8_t *actual, size_t size, const char *hex)
{
    uint8_t expected[256];

    assert_int_equal(from_hex(hex, expected, sizeof(expected)), size);
    assert_memory_equal(actual, expected, size);
}

static struct span text(const char *string)
{
    return span_of(string, strlen(string));
}

static void test_sha256(void **state)
{
    (void)state;
    struct sha256_digest digest = sha256_of(text("abc"));
    assert_hex(digest.bytes, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest = sha256_of(SPAN_EMPTY);
    assert_hex(digest.bytes, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    /* In pieces across the block boundary. */
    struct sha256 sha256;
    sha256_init(&sha256);
    for (int index = 0; index < 1000; index++) {
        uint8_t many[1000];
        memset(many, 'a', sizeof(many));
        sha256_update(&sha256, span_of(many, (size_t)(index % 2 == 0 ? 999 : 1)));
        sha256_update(&sha256, span_of(many, (size_t)(index % 2 == 0 ? 1 : 999)));
    }
    sha256_finish(&sha256, &digest);
    assert_hex(digest.bytes, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231 cases 2 and 6. */
static void test_hmac_sha256(void **state)
{
    (void)state;
    struct sha256_digest mac;
    uint8_t long_key[131];

    hmac_sha256(text("Jefe"), text("what do ya want for nothing?"), &mac);
    assert_hex(mac.bytes, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof(long_key));
    hmac_sha256(SPAN_OF(long_key), text("Test Using Larger Than Block-Size Key - Hash Key First"), &mac);
    assert_hex(mac.bytes, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 5869 cases 1 and 3. */
static void test_hkdf_sha256(void **state)
{
    (void)state;
    uint8_t secret[22];
    uint8_t salt[13];
    uint8_t info[10];
    uint8_t out[42];

    memset(secret, 0x0b, sizeof(secret));
    from_hex("000102030405060708090a0b0c", salt, sizeof(salt));
    from_hex("f0f1f2f3f4f5f6f7f8f9", info, sizeof(info));
    hkdf_sha256(SPAN_OF(secret), SPAN_OF(salt), SPAN_OF(info), out, sizeof(out));
    assert_hex(out, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    hkdf_sha256(SPAN_OF(secret), SPAN_EMPTY, SPAN_EMPTY, out, sizeof(out));
    assert_hex(out, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* RFC 6979 A.2.5: its k for P-256, SHA-256, "sample" is the first output of an HMAC_DRBG over x || H(m). */
#define RFC6979_PRIVATE "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define RFC6979_PUBLIC                                                  \
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define RFC6979_SIGNATURE                                               \
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" \
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static void test_hmac_drbg(void **state)
{
    (void)state;
    struct hmac_drbg drbg;
    uint8_t seed[64];
    uint8_t out[32];
    struct sha256_digest digest = sha256_of(text("sample"));

    from_hex(RFC6979_PRIVATE, seed, 32);
    memcpy(seed + 32, digest.bytes, 32);
    hmac_drbg_init(&drbg, SPAN_OF(seed));
    hmac_drbg_generate(&drbg, out, sizeof(out));
    assert_hex(out, 32, "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60");
}

static void test_ecdsa_p256_vectors(void **state)
{
    (void)state;
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
    struct ecdsa_p256_signature signature;
    struct sha256_digest digest = sha256_of(text("sample"));

    from_hex(RFC6979_PRIVATE, private_key.bytes, 32);
    assert_true(error_is_none(ecdsa_p256_public_of(&private_key, &public_key)));
    assert_hex(public_key.bytes, 64, RFC6979_PUBLIC);
    from_hex(RFC6979_SIGNATURE, signature.bytes, 64);
    assert_true(error_is_none(ecdsa_p256_verify(&public_key, &digest, &signature)));
}

/* Every single flipped bit of key, digest or signature must be refused. */
static void test_ecdsa_p256_flipped_bits(void **state)
{
    (void)state;
    struct {
        struct ecdsa_p256_public_key public_key;
        struct sha256_digest digest;
        struct ecdsa_p256_signature signature;
    } input;

    from_hex(RFC6979_PUBLIC, input.public_key.bytes, 64);
    from_hex(RFC6979_SIGNATURE, input.signature.bytes, 64);
    input.digest = sha256_of(text("sample"));
    for (size_t bit = 0; bit < 8 * sizeof(input); bit += 13) {
        uint8_t *bytes = (uint8_t *)&input;
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_true(error_is(ecdsa_p256_verify(&input.public_key, &input.digest, &input.signature),
                             ERROR_CODE_CRYPTO_SIGNATURE));
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    memset(input.signature.bytes, 0, 64);
    assert_false(error_is_none(ecdsa_p256_verify(&input.public_key, &input.digest, &input.signature)));
}

static void test_ecdsa_p256_sign(void **state)
{
    (void)state;
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
    struct ecdsa_p256_signature first;
    struct ecdsa_p256_signature second;
    struct sha256_digest digest = sha256_of(text("message"));

    assert_true(error_is_none(ecdsa_p256_derive_private(text("secret"), text("label"), &private_key)));
    assert_true(error_is_none(ecdsa_p256_public_of(&private_key, &public_key)));
    assert_true(error_is_none(ecdsa_p256_sign(&private_key, &digest, text("seed, boot 1"), &first)));
    assert_true(error_is_none(ecdsa_p256_sign(&private_key, &digest, text("seed, boot 2"), &second)));
    assert_true(error_is_none(ecdsa_p256_verify(&public_key, &digest, &first)));
    assert_true(error_is_none(ecdsa_p256_verify(&public_key, &digest, &second)));
    /* T-13: the same seed at another boot gives another nonce, seen in r. */
    assert_memory_not_equal(first.bytes, second.bytes, 32);
    digest = sha256_of(text("another message"));
    assert_true(error_is_none(ecdsa_p256_sign(&private_key, &digest, text("seed, boot 1"), &second)));
    assert_memory_not_equal(first.bytes, second.bytes, 32);
}

static void test_ecdsa_p256_bad_private_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t index = 0; index < sizeof(keys) / sizeof(keys[0]); index++) {
        struct ecdsa_p256_private_key private_key;
        struct ecdsa_p256_public_key public_key;

        from_hex(keys[index], private_key.bytes, 32);
        assert_true(error_is(ecdsa_p256_public_of(&private_key, &public_key), ERROR_CODE_CRYPTO_KEY));
    }
}

static void test_derive_private_is_stable(void **state)
{
    (void)state;
    struct ecdsa_p256_private_key first;
    struct ecdsa_p256_private_key second;

    assert_true(error_is_none(ecdsa_p256_derive_private(text("secret"), text("label"), &first)));
    assert_true(error_is_none(ecdsa_p256_derive_private(text("secret"), text("label"), &second)));
    assert_memory_equal(&first, &second, sizeof(first));
    assert_true(error_is_none(ecdsa_p256_derive_private(text("secret"), text("label2"), &second)));
    assert_memory_not_equal(&first, &second, sizeof(first));
}

/* RFC 8439 2.8.2. */
static void test_chacha20_poly1305(void **state)
{
    (void)state;
    static const char plaintext[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
                                    "the future, sunscreen would be it.";
    const size_t size = sizeof(plaintext) - 1;
    uint8_t key[32];
    uint8_t nonce[12];
    uint8_t associated[12];
    uint8_t out[sizeof(plaintext)];
    uint8_t opened[sizeof(plaintext)];
    uint8_t tag[16];

    from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", key, 32);
    from_hex("070000004041424344454647", nonce, 12);
    from_hex("50515253c0c1c2c3c4c5c6c7", associated, 12);
    assert_true(error_is_none(
        chacha20_poly1305_seal(key, nonce, SPAN_OF(associated), span_of(plaintext, size), out, tag)));
    assert_hex(tag, 16, "1ae10b594f09e26a7e902ecbd0600691");
    assert_hex(out, 16, "d31a8d34648e60db7b86afbc53ef7ec2");
    assert_true(error_is_none(
        chacha20_poly1305_open(key, nonce, SPAN_OF(associated), span_of(out, size), tag, opened)));
    assert_memory_equal(opened, plaintext, size);

    out[3] ^= 1;
    memset(opened, 0x55, sizeof(opened));
    assert_true(error_is(chacha20_poly1305_open(key, nonce, SPAN_OF(associated), span_of(out, size), tag, opened),
                         ERROR_CODE_CRYPTO_AUTHENTICATION));
    for (size_t index = 0; index < size; index++) {
        assert_int_equal(opened[index], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_hkdf_sha256),
        cmocka_unit_test(test_hmac_drbg),
        cmocka_unit_test(test_ecdsa_p256_vectors),
        cmocka_unit_test(test_ecdsa_p256_flipped_bits),
        cmocka_unit_test(test_ecdsa_p256_sign),
        cmocka_unit_test(test_ecdsa_p256_bad_private_keys),
        cmocka_unit_test(test_derive_private_is_stable),
        cmocka_unit_test(test_chacha20_poly1305),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
