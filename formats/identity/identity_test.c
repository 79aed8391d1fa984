#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "formats/identity/attestation_certificate.h"
#include "formats/identity/identity.h"
#include "formats/identity/keyset.h"
#include "formats/identity/voucher.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static struct voucher a_voucher(void)
{
    return (struct voucher){.generation = 1, .host = "10.0.2.2", .port = 8443};
}

static void test_ueid_text(void **state)
{
    (void)state;
    static const struct ecdsa_p256_public_key key = {{0}};
    struct ueid ueid;
    struct ueid again = {{0}};
    char text[UEID_TEXT_SIZE_BYTES];
    ueid_of(&key, &ueid);
    ueid_to_text(&ueid, text);
    /* SHA-256 of 64 zero bytes. */
    assert_string_equal(text, "01f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
    assert_true(ueid_from_text(span_of(text, strlen(text)), &again));
    assert_memory_equal(again.bytes, ueid.bytes, UEID_SIZE_BYTES);
    static const struct {
        size_t offset_bytes;
        char character;
    } bad[] = {{1, '2'}, {65, 'B'}, {65, 'g'}, {30, ' '}, {2, '/'}, {2, ':'}, {2, '`'}};
    for (size_t index = 0; index < COUNT_OF(bad); index++) {
        char changed[UEID_TEXT_SIZE_BYTES];
        memcpy(changed, text, sizeof changed);
        changed[bad[index].offset_bytes] = bad[index].character;
        memset(&again, 0x5A, sizeof again);
        assert_false(ueid_from_text(span_of(changed, 66), &again));
        assert_int_equal(again.bytes[0], 0x5A);
    }
    assert_false(ueid_from_text(span_of(text, 65), &again));
    assert_false(ueid_from_text(SPAN_EMPTY, &again));
}

static void test_component_names(void **state)
{
    (void)state;
    assert_string_equal(component_name(COMPONENT_MONITOR), "monitor");
    assert_string_equal(component_name(COMPONENT_BASE), "base");
    assert_string_equal(component_name(COMPONENT_APP), "app");
    assert_null(component_name((enum component)0));
    assert_null(component_name((enum component)(COMPONENT_COUNT + 1)));
}

static void test_keyset_contains(void **state)
{
    (void)state;
    struct keyset keyset = {.key_count = 2};
    struct ecdsa_p256_public_key key = {{7}};
    keyset.keys[2] = key; /* Beyond key_count: not a member. */
    keyset.keys[0].bytes[63] = 1;
    assert_false(keyset_contains(&keyset, &key));
    keyset.keys[1] = key;
    assert_true(keyset_contains(&keyset, &key));
    key.bytes[63] ^= 1;
    assert_false(keyset_contains(&keyset, &key));
}

static void test_keyset_encode_refuses(void **state)
{
    (void)state;
    static const struct {
        int kind;
        uint32_t generation;
        size_t key_count;
        uint32_t code;
    } cases[] = {{KEYSET_RELEASE, 1, 1, ERROR_CODE_NONE},
                 {KEYSET_CONTROL, 1, KEYSET_KEY_COUNT_MAX, ERROR_CODE_NONE},
                 {0, 1, 1, ERROR_CODE_KEYSET_STRUCTURE},
                 {4, 1, 1, ERROR_CODE_KEYSET_STRUCTURE},
                 {KEYSET_APP, 0, 1, ERROR_CODE_KEYSET_STRUCTURE},
                 {KEYSET_APP, 1, 0, ERROR_CODE_KEYSET_STRUCTURE},
                 {KEYSET_APP, 1, KEYSET_KEY_COUNT_MAX + 1, ERROR_CODE_KEYSET_STRUCTURE}};
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        uint8_t bytes[KEYSET_SIZE_BYTES_MAX];
        struct keyset keyset = {.kind = (enum keyset_kind)cases[index].kind, .generation = cases[index].generation,
                                .key_count = cases[index].key_count};
        struct writer writer;
        writer_init(&writer, bytes, sizeof bytes);
        assert_int_equal(keyset_encode_payload(&keyset, &writer).code, cases[index].code);
        writer_init(&writer, bytes, 8);
        assert_false(error_is_none(keyset_encode_payload(&keyset, &writer)));
    }
}

static void test_voucher_covers(void **state)
{
    (void)state;
    struct voucher voucher = a_voucher();
    struct ueid ueid = {{1, 2, 3}};
    const struct span batch = span_of("2026-11", 7);
    voucher.ueid = ueid;
    assert_true(voucher_covers(&voucher, &ueid, SPAN_EMPTY));
    ueid.bytes[32] = 1;
    assert_false(voucher_covers(&voucher, &ueid, batch));
    voucher.is_batch = true;
    memcpy(voucher.batch, "2026-11", 7);
    assert_true(voucher_covers(&voucher, &ueid, batch));
    assert_false(voucher_covers(&voucher, &ueid, span_of("2026-1", 6)));
    assert_false(voucher_covers(&voucher, &ueid, span_of("2026-111", 8)));
    assert_false(voucher_covers(&voucher, &voucher.ueid, SPAN_EMPTY));
}

static void test_voucher_encode_refuses(void **state)
{
    (void)state;
    static const struct {
        uint32_t generation;
        uint16_t port;
        const char *host;
        const char *batch;
        uint32_t code;
    } cases[] = {{1, 1, "a", NULL, ERROR_CODE_NONE},
                 {1, 65535, "Service-1.example.org", "2026 11", ERROR_CODE_NONE},
                 {0, 1, "a", NULL, ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 0, "a", NULL, ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 1, "", NULL, ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 1, "a:1", NULL, ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 1, "a@b", NULL, ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 1, "a[", NULL, ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 1, "a", "", ERROR_CODE_VOUCHER_STRUCTURE},
                 {1, 1, "a", "\x7F", ERROR_CODE_VOUCHER_STRUCTURE}};
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        uint8_t bytes[VOUCHER_SIZE_BYTES_MAX];
        struct voucher voucher = {.generation = cases[index].generation, .port = cases[index].port};
        struct writer writer;
        strcpy(voucher.host, cases[index].host);
        voucher.is_batch = cases[index].batch != NULL;
        strcpy(voucher.batch, voucher.is_batch ? cases[index].batch : "");
        writer_init(&writer, bytes, sizeof bytes);
        assert_int_equal(voucher_encode_payload(&voucher, &writer).code, cases[index].code);
    }
    struct voucher unterminated = a_voucher();
    struct writer writer;
    uint8_t bytes[VOUCHER_SIZE_BYTES_MAX];
    memset(unterminated.host, 'a', sizeof unterminated.host);
    writer_init(&writer, bytes, sizeof bytes);
    assert_true(error_is(voucher_encode_payload(&unterminated, &writer), ERROR_CODE_VOUCHER_STRUCTURE));
}

/* The largest numbers of every field fit the limit of the header and come back. */
static void test_certificate_extremes(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 1, 127, 128, 255, 256, 0x7FFFFFFF, 0x80000000, UINT32_MAX};
    for (size_t index = 0; index < COUNT_OF(numbers); index++) {
        struct attestation_certificate certificate = {.monitor_sequence = numbers[index], .debug = index % 2 == 0};
        struct attestation_certificate again;
        struct ecdsa_p256_signature signature;
        struct ecdsa_p256_signature signature_again;
        struct sha256_digest digest;
        struct sha256_digest digest_again;
        uint8_t bytes[ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX];
        struct writer writer;
        certificate.epoch = numbers[COUNT_OF(numbers) - 1 - index];
        certificate.ueid.bytes[0] = 1;
        memset(signature.bytes, 0xFF >> index, sizeof signature.bytes);
        signature.bytes[32] = 0;
        writer_init(&writer, bytes, sizeof bytes);
        assert_true(error_is_none(attestation_certificate_prepare(&certificate, &digest)));
        assert_true(error_is_none(attestation_certificate_encode(&certificate, &signature, &writer)));
        struct error error =
            attestation_certificate_parse(writer_span(&writer), &again, &digest_again, &signature_again);
        assert_true(error_is_none(error));
        assert_int_equal(again.monitor_sequence, certificate.monitor_sequence);
        assert_int_equal(again.epoch, certificate.epoch);
        assert_int_equal(again.debug, certificate.debug);
        assert_memory_equal(&digest_again, &digest, sizeof digest);
        assert_memory_equal(&signature_again, &signature, sizeof signature);
        writer_init(&writer, bytes, 500);
        error = attestation_certificate_encode(&certificate, &signature, &writer);
        assert_true(error_is(error, ERROR_CODE_CBOR_CAPACITY));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ueid_text),        cmocka_unit_test(test_component_names),
        cmocka_unit_test(test_keyset_contains),  cmocka_unit_test(test_keyset_encode_refuses),
        cmocka_unit_test(test_voucher_covers),   cmocka_unit_test(test_voucher_encode_refuses),
        cmocka_unit_test(test_certificate_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
