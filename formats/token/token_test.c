#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "formats/checkin/checkin.h"
#include "formats/cose/cose.h"
#include "formats/token/answer.h"
#include "formats/token/evidence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

/* Every number at its largest. */
static struct evidence an_evidence(void)
{
    struct evidence evidence = {.uptime_s = UINT32_MAX, .boot_count = UINT32_MAX, .epoch = UINT32_MAX,
                                .sequence = UINT32_MAX, .mode = DEVICE_MODE_ISOLATED, .measurement_count = 3};
    for (int kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        evidence.fault_counts[kind] = UINT32_MAX;
    }
    for (size_t index = 0; index < COMPONENT_COUNT; index++) {
        evidence.measurements[index].component = (enum component)(index + 1);
        evidence.measurements[index].sequence = UINT32_MAX;
    }
    return evidence;
}

/* A token around payload with a signature that nobody checks here. */
static struct span wrap(const char *content_type, const struct writer *payload, uint8_t *out, size_t capacity)
{
    struct ecdsa_p256_public_key signer = {{9}};
    struct ecdsa_p256_signature signature = {{8}};
    struct writer writer;
    writer_init(&writer, out, capacity);
    struct error error = cose_sign1_encode(content_type, &signer, writer_span(payload), &signature, &writer);
    assert_true(error_is_none(error));
    return writer_span(&writer);
}

static void test_largest_evidence(void **state)
{
    (void)state;
    struct evidence evidence = an_evidence();
    struct evidence again;
    struct ecdsa_p256_public_key signer;
    uint8_t payload_bytes[EVIDENCE_SIZE_BYTES_MAX];
    uint8_t bytes[EVIDENCE_SIZE_BYTES_MAX];
    struct writer payload;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    assert_true(error_is_none(evidence_encode_payload(&evidence, &payload)));
    struct span token = wrap(COSE_CONTENT_TYPE_EVIDENCE, &payload, bytes, sizeof bytes);
    assert_true(error_is_none(evidence_parse(token, &again, &signer)));
    assert_memory_equal(&again, &evidence, sizeof evidence);
    assert_int_equal(signer.bytes[0], 9);
    struct answer answer;
    assert_true(error_is(answer_parse(token, &answer, &signer), ERROR_CODE_COSE_CONTENT_TYPE));
}

static void test_evidence_encode_refuses(void **state)
{
    (void)state;
    static const struct {
        size_t measurement_count;
        int components[3];
        int mode;
        uint32_t code;
    } cases[] = {
        {3, {1, 2, 3}, 1, ERROR_CODE_NONE},
        {1, {3, 0, 0}, 3, ERROR_CODE_NONE},
        {0, {1, 2, 3}, 1, ERROR_CODE_EVIDENCE_STRUCTURE},
        {4, {1, 2, 3}, 1, ERROR_CODE_EVIDENCE_STRUCTURE},
        {2, {1, 1, 0}, 1, ERROR_CODE_EVIDENCE_STRUCTURE},
        {2, {2, 1, 0}, 1, ERROR_CODE_EVIDENCE_STRUCTURE},
        {1, {0, 0, 0}, 1, ERROR_CODE_EVIDENCE_STRUCTURE},
        {1, {4, 0, 0}, 1, ERROR_CODE_EVIDENCE_STRUCTURE},
        {1, {1, 0, 0}, 0, ERROR_CODE_EVIDENCE_STRUCTURE},
        {1, {1, 0, 0}, 4, ERROR_CODE_EVIDENCE_STRUCTURE},
    };
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        struct evidence evidence = an_evidence();
        uint8_t bytes[EVIDENCE_SIZE_BYTES_MAX];
        struct writer writer;
        writer_init(&writer, bytes, sizeof bytes);
        evidence.measurement_count = cases[index].measurement_count;
        evidence.mode = (enum device_mode)cases[index].mode;
        for (size_t place = 0; place < COMPONENT_COUNT; place++) {
            evidence.measurements[place].component = (enum component)cases[index].components[place];
        }
        assert_int_equal(evidence_encode_payload(&evidence, &writer).code, cases[index].code);
        writer_init(&writer, bytes, 100);
        assert_false(error_is_none(evidence_encode_payload(&evidence, &writer)));
    }
}

static void test_largest_answer(void **state)
{
    (void)state;
    struct answer answer = {.time_s = UINT64_MAX, .ticket_lifetime_s = UINT32_MAX, .order = ORDER_REFRESH,
                            .order_epoch = UINT32_MAX, .order_reason = UINT32_MAX};
    struct answer again;
    struct ecdsa_p256_public_key signer;
    uint8_t payload_bytes[ANSWER_SIZE_BYTES_MAX];
    uint8_t bytes[ANSWER_SIZE_BYTES_MAX];
    struct writer payload;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    assert_true(error_is_none(answer_encode_payload(&answer, &payload)));
    struct span token = wrap(COSE_CONTENT_TYPE_ANSWER, &payload, bytes, sizeof bytes);
    assert_true(error_is_none(answer_parse(token, &again, &signer)));
    assert_memory_equal(&again, &answer, sizeof answer);
    answer.order = (enum order_kind)2;
    assert_true(error_is(answer_encode_payload(&answer, &payload), ERROR_CODE_ANSWER_STRUCTURE));
}

/* Lists that are longer than the form allows are a caller's mistake that must not reach the wire. */
static void test_checkin_encode_refuses(void **state)
{
    (void)state;
    uint8_t bytes[64];
    char long_text[PROBLEM_DETAIL_SIZE_BYTES_MAX + 1];
    struct writer writer;
    const struct checkin_request request = {.certificate_count = CHECKIN_CERTIFICATE_COUNT_MAX + 1};
    const struct checkin_rest rest = {.ca_count = 3};
    struct checkin_problem problem = {.code = 1};
    memset(long_text, 'a', sizeof long_text);
    writer_init(&writer, bytes, sizeof bytes);
    assert_true(error_is(checkin_request_encode(&request, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    const struct checkin_rest offers_descend = {
        .offer_count = 2,
        .offers = {{.component = COMPONENT_APP, .file_size_bytes = 1}, {.component = COMPONENT_BASE, .file_size_bytes = 1}},
    };
    const struct checkin_rest offer_of_nothing = {.offer_count = 1, .offers = {{.component = COMPONENT_APP}}};
    const struct checkin_rest offers_too_many = {.offer_count = CHECKIN_OFFER_COUNT_MAX + 1};
    assert_true(error_is(checkin_rest_encode(&rest, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    assert_true(error_is(checkin_rest_encode(&offers_descend, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    assert_true(error_is(checkin_rest_encode(&offer_of_nothing, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    assert_true(error_is(checkin_rest_encode(&offers_too_many, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    problem.title = span_of(long_text, PROBLEM_TITLE_SIZE_BYTES_MAX + 1);
    assert_true(error_is(checkin_problem_encode(&problem, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    problem.title = SPAN_EMPTY;
    problem.detail = span_of(long_text, PROBLEM_DETAIL_SIZE_BYTES_MAX + 1);
    assert_true(error_is(checkin_problem_encode(&problem, &writer), ERROR_CODE_CHECKIN_STRUCTURE));
    problem.detail = span_of(long_text, PROBLEM_DETAIL_SIZE_BYTES_MAX);
    assert_true(error_is(checkin_problem_encode(&problem, &writer), ERROR_CODE_CBOR_CAPACITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest_evidence),
        cmocka_unit_test(test_evidence_encode_refuses),
        cmocka_unit_test(test_largest_answer),
        cmocka_unit_test(test_checkin_encode_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
