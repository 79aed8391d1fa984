#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "formats/cose/cose.h"
#include "formats/operator/base64url.h"
#include "formats/operator/operator_command.h"

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static const struct ecdsa_p256_private_key key = {{7}};

static struct operator_command a_command(const char *target)
{
    return (struct operator_command){.target = span_of(target, strlen(target)), .body_digest = {{1, 2, 3}},
                                     .time_s = UINT64_MAX, .nonce = {9}};
}

static struct span sign(const struct operator_command *command, struct ecdsa_p256_public_key *signer, uint8_t *out,
                        size_t capacity)
{
    uint8_t payload_bytes[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct writer payload;
    struct writer writer;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    writer_init(&writer, out, capacity);
    assert_true(error_is_none(ecdsa_p256_public_of(&key, signer)));
    assert_true(error_is_none(operator_command_encode_payload(command, &payload)));
    assert_true(error_is_none(cose_sign1_create(COSE_CONTENT_TYPE_OPERATOR_COMMAND, &key, signer,
                                                writer_span(&payload), SPAN_EMPTY, &writer)));
    return writer_span(&writer);
}

static void largest_command_round_trips(void **state)
{
    (void)state;
    char target[OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX + 2];
    uint8_t bytes[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct ecdsa_p256_public_key signer;
    struct ecdsa_p256_public_key got_signer;
    struct operator_command got;
    memset(target, 'a', sizeof target);
    target[OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX] = '\0';
    struct operator_command command = a_command(target);
    struct span token = sign(&command, &signer, bytes, sizeof bytes);
    assert_true(error_is_none(operator_command_parse(token, &got, &got_signer)));
    assert_true(error_is_none(operator_command_verify(token)));
    assert_true(span_equal(got.target, command.target));
    assert_memory_equal(&got.body_digest, &command.body_digest, sizeof got.body_digest);
    assert_memory_equal(got.nonce, command.nonce, sizeof got.nonce);
    assert_true(got.time_s == UINT64_MAX);
    assert_memory_equal(&got_signer, &signer, sizeof signer);
}

static void a_target_that_is_too_long_or_empty_is_refused(void **state)
{
    (void)state;
    char target[OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX + 2];
    uint8_t bytes[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct writer writer;
    memset(target, 'a', sizeof target);
    target[sizeof target - 1] = '\0';
    struct operator_command commands[] = {a_command(target), a_command("")};
    for (size_t index = 0; index < 2; index++) {
        writer_init(&writer, bytes, sizeof bytes);
        struct error error = operator_command_encode_payload(&commands[index], &writer);
        assert_true(error_is(error, ERROR_CODE_OPERATOR_COMMAND));
    }
}

/* T-19: a signature over anything else of the operator's does not pass as a command. */
static void each_bit_is_signed_and_kinds_are_kept_apart(void **state)
{
    (void)state;
    uint8_t bytes[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct ecdsa_p256_public_key signer;
    struct operator_command got;
    struct operator_command command = a_command("POST /v1/makers");
    struct span token = sign(&command, &signer, bytes, sizeof bytes);
    for (size_t at = 0; at < token.size; at++) {
        bytes[at] ^= 0x10;
        assert_false(error_is_none(operator_command_verify(token)));
        bytes[at] ^= 0x10;
    }
    struct writer writer;
    uint8_t other[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct cose_sign1 object;
    assert_true(error_is_none(cose_sign1_parse(token, COSE_CONTENT_TYPE_OPERATOR_COMMAND, &object)));
    writer_init(&writer, other, sizeof other);
    assert_true(error_is_none(cose_sign1_create(COSE_CONTENT_TYPE_VOUCHER, &key, &signer, object.payload, SPAN_EMPTY,
                                                &writer)));
    assert_true(error_is(operator_command_parse(writer_span(&writer), &got, &signer),
                         ERROR_CODE_COSE_CONTENT_TYPE));
}

static void base64url_is_that_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *text;
    } cases[] = {{"", 0, ""},         {"f", 1, "Zg"},         {"fo", 2, "Zm8"},           {"foo", 3, "Zm9v"},
                 {"foob", 4, "Zm9vYg"}, {"foobar", 6, "Zm9vYmFy"}, {"\xfb\xff\xbf", 3, "-_-_"}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        uint8_t bytes[16];
        struct writer writer;
        struct span text = span_of(cases[index].text, strlen(cases[index].text));
        assert_int_equal(text.size, BASE64URL_TEXT_SIZE_BYTES(cases[index].size));
        writer_init(&writer, bytes, sizeof bytes);
        assert_true(error_is_none(base64url_encode(span_of(cases[index].bytes, cases[index].size), &writer)));
        assert_true(span_equal(writer_span(&writer), text));
        writer_init(&writer, bytes, sizeof bytes);
        assert_true(error_is_none(base64url_decode(text, &writer)));
        assert_true(span_equal(writer_span(&writer), span_of(cases[index].bytes, cases[index].size)));
    }
}

static void other_spellings_of_base64url_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"Z", "Zh", "Zm9", "Zg==", "Zm+v", "Zm/v", "Zm v", "Zm9vY", "Zg\n"};
    for (size_t index = 0; index < sizeof texts / sizeof texts[0]; index++) {
        uint8_t bytes[16];
        struct writer writer;
        writer_init(&writer, bytes, sizeof bytes);
        struct error error = base64url_decode(span_of(texts[index], strlen(texts[index])), &writer);
        assert_true(error_is(error, ERROR_CODE_CBOR_NOT_CANONICAL));
    }
    uint8_t one[1];
    struct writer writer;
    writer_init(&writer, one, sizeof one);
    assert_true(error_is(base64url_decode(span_of("Zm8", 3), &writer), ERROR_CODE_CBOR_CAPACITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(largest_command_round_trips),
        cmocka_unit_test(a_target_that_is_too_long_or_empty_is_refused),
        cmocka_unit_test(each_bit_is_signed_and_kinds_are_kept_apart),
        cmocka_unit_test(base64url_is_that_of_the_rfc),
        cmocka_unit_test(other_spellings_of_base64url_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
