#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "formats/cose/cose.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static struct ecdsa_p256_private_key private_key;
static struct ecdsa_p256_public_key public_key;
static const uint8_t payload[] = {0xA1, 0x01, 0x02};
static uint8_t object_bytes[512];
static struct span object;

static int make_object(void **state)
{
    (void)state;
    struct writer writer;
    writer_init(&writer, object_bytes, sizeof object_bytes);
    struct error error = ecdsa_p256_derive_private(SPAN_OF("secret"), SPAN_OF("cose_test"), &private_key);
    assert_true(error_is_none(error));
    error = ecdsa_p256_public_of(&private_key, &public_key);
    assert_true(error_is_none(error));
    error = cose_sign1_create(COSE_CONTENT_TYPE_KEYSET, &private_key, &public_key, SPAN_OF(payload),
                              SPAN_OF("nonce"), &writer);
    assert_true(error_is_none(error));
    object = writer_span(&writer);
    return 0;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct cose_sign1 parsed;
    assert_true(error_is_none(cose_sign1_parse(object, COSE_CONTENT_TYPE_KEYSET, &parsed)));
    assert_memory_equal(parsed.signer.bytes, public_key.bytes, 64);
    assert_true(span_equal(parsed.payload, SPAN_OF(payload)));
    assert_true(error_is_none(cose_sign1_verify(&parsed)));
    uint8_t again[512];
    struct writer writer;
    writer_init(&writer, again, sizeof again);
    struct error error = cose_sign1_encode(COSE_CONTENT_TYPE_KEYSET, &parsed.signer, parsed.payload,
                                           &parsed.signature, &writer);
    assert_true(error_is_none(error));
    assert_true(span_equal(writer_span(&writer), object));
    assert_true(object.size - sizeof payload <= COSE_OVERHEAD_SIZE_BYTES_MAX);
}

/* No single bit of an object may change without notice, and no output appears when parsing fails. */
static void test_each_bit_matters(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < object.size * 8; bit++) {
        struct cose_sign1 parsed;
        struct cose_sign1 untouched;
        memset(&parsed, 0x5A, sizeof parsed);
        untouched = parsed;
        object_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct error error = cose_sign1_parse(object, COSE_CONTENT_TYPE_KEYSET, &parsed);
        if (error_is_none(error)) {
            error = cose_sign1_verify(&parsed);
        } else {
            assert_memory_equal(&parsed, &untouched, sizeof parsed);
        }
        assert_false(error_is_none(error));
        object_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_each_length_matters(void **state)
{
    (void)state;
    struct cose_sign1 parsed;
    for (size_t size = 0; size < object.size; size++) {
        struct error error = cose_sign1_parse(span_of(object.data, size), COSE_CONTENT_TYPE_KEYSET, &parsed);
        assert_true(error_is(error, ERROR_CODE_CBOR_TRUNCATED));
    }
    struct error error = cose_sign1_parse(span_of(object.data, object.size + 1), COSE_CONTENT_TYPE_KEYSET, &parsed);
    assert_true(error_is(error, ERROR_CODE_CBOR_TRAILING));
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        size_t offset_bytes;
        uint8_t from;
        uint8_t to;
        enum error_code code;
    } cases[] = {
        {0, 0xD2, 0xD1, ERROR_CODE_COSE_STRUCTURE}, /* COSE_Mac0 */
        {1, 0x84, 0x83, ERROR_CODE_COSE_STRUCTURE},
        {4, 0xA3, 0xA2, ERROR_CODE_COSE_STRUCTURE},
        {5, 0x01, 0x02, ERROR_CODE_COSE_STRUCTURE},
        {6, 0x26, 0x27, ERROR_CODE_COSE_ALGORITHM}, /* EdDSA */
        {10, 'a', 'b', ERROR_CODE_COSE_CONTENT_TYPE},
    };
    struct cose_sign1 parsed;
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        uint8_t *byte = &object_bytes[cases[index].offset_bytes];
        assert_int_equal(*byte, cases[index].from);
        *byte = cases[index].to;
        struct error error = cose_sign1_parse(object, COSE_CONTENT_TYPE_KEYSET, &parsed);
        assert_int_equal(error.code, cases[index].code);
        *byte = cases[index].from;
    }
    struct error error = cose_sign1_parse(object, COSE_CONTENT_TYPE_VOUCHER, &parsed);
    assert_true(error_is(error, ERROR_CODE_COSE_CONTENT_TYPE));
    error = cose_sign1_parse(object, NULL, &parsed);
    assert_true(error_is(error, ERROR_CODE_COSE_STRUCTURE));
}

static void test_detached(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct writer writer;
    struct cose_sign1 parsed;
    writer_init(&writer, bytes, sizeof bytes);
    struct error error = cose_sign1_create(NULL, &private_key, &public_key, SPAN_OF(payload), SPAN_EMPTY, &writer);
    assert_true(error_is_none(error));
    assert_true(error_is_none(cose_sign1_parse(writer_span(&writer), NULL, &parsed)));
    assert_int_equal(parsed.payload.size, 0);
    assert_true(error_is(cose_sign1_verify(&parsed), ERROR_CODE_COSE_SIGNATURE));
    parsed.payload = SPAN_OF(payload);
    assert_true(error_is_none(cose_sign1_verify(&parsed)));
    error = cose_sign1_parse(writer_span(&writer), COSE_CONTENT_TYPE_KEYSET, &parsed);
    assert_true(error_is(error, ERROR_CODE_COSE_STRUCTURE));
}

static void test_capacity(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct writer writer;
    writer_init(&writer, bytes, sizeof bytes);
    struct error error = cose_sign1_create(COSE_CONTENT_TYPE_KEYSET, &private_key, &public_key, SPAN_OF(payload),
                                           SPAN_EMPTY, &writer);
    assert_true(error_is(error, ERROR_CODE_CBOR_CAPACITY));
    struct sha256_digest digest;
    error = cose_sign1_prepare("a content type that is longer than any that the profile has", &public_key,
                               SPAN_OF(payload), &digest);
    assert_true(error_is(error, ERROR_CODE_CBOR_CAPACITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_each_bit_matters),
        cmocka_unit_test(test_each_length_matters), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_detached), cmocka_unit_test(test_capacity),
    };
    return cmocka_run_group_tests(tests, make_object, NULL);
}
