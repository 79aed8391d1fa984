/* Claim and check-in against a scripted service over real TLS, with a scripted monitor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/reader.h"
#include "crypto/sha256.h"
#include "device/compartments/agent/agent_checkin.h"
#include "device/compartments/agent/agent_claim.h"
#include "device/compartments/agent/agent_settings.h"
#include "formats/cbor/cbor.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_service.h"

#define HEAP_SIZE_BYTES (48 * 1024)
#define TICKET_LIFETIME_S 3600

static uint8_t heap[HEAP_SIZE_BYTES] __attribute__((aligned(16)));
static uint8_t memory[AGENT_EXCHANGE_SIZE_BYTES];
static struct test_pki pki;
static struct agent_checkin checkin;
static struct agent_identity identity;
static struct test_service service;
static struct test_service_reply replies[TEST_SERVICE_REQUEST_COUNT_MAX];

/* What the scripted monitor saw and does. */
static struct {
    uint8_t evidence[1 + 2 + 64]; /* a CBOR byte string: challenge, channel binding */
    size_t evidence_count;
    struct error answer_error;
    struct error claim_error;
    size_t answer_count;
    size_t claim_size;
    uint8_t certificates[2][64]; /* operational, service CA */
    size_t certificate_sizes[2];
    bool failures_due;
    bool failures_read; /* since the last evidence */
    uint8_t failures_done[8];
    struct failure_ack ack; /* of the service; number 0: none */
    struct span keyset;     /* that the service sends along; empty: none */
} fake;

static const uint8_t challenge_one[CHALLENGE_SIZE_BYTES] = {1, 1, 1};
static const uint8_t challenge_two[CHALLENGE_SIZE_BYTES] = {2, 2, 2};
static const uint8_t answer_token[] = {0x44, 'a', 'n', 's', 'w'};

static struct error give(struct buffer *reply, struct span bytes)
{
    if (bytes.size > reply->capacity) {
        return ERROR(KERNEL, CAPACITY);
    }
    memcpy(reply->data, bytes.data, bytes.size);
    reply->size = bytes.size;
    return ERROR_NONE;
}

static struct error give_certificate(uint8_t index, struct buffer *reply)
{
    static const uint8_t der[] = {0x30, 0x02, 0x05, 0x00};

    if (index == MONITOR_CERTIFICATE_OWNER_ROOT) {
        return give(reply, test_certificate_der(&pki.root));
    }
    return index <= MONITOR_CERTIFICATE_MAKER ? give(reply, SPAN_OF(der)) : ERROR(MONITOR, NOT_FOUND);
}

static struct error take_answer(struct span request, struct buffer *reply)
{
    uint8_t out[44] = {0};
    struct reader reader;

    reader_init(&reader, request);
    struct span digest = reader_take(&reader, SHA256_DIGEST_SIZE_BYTES);
    struct span token = reader_take(&reader, reader_remaining(&reader));
    fake.answer_count++;
    assert_int_equal(digest.size, SHA256_DIGEST_SIZE_BYTES);
    assert_true(span_equal(token, SPAN_OF(answer_token)));
    if (!error_is_none(fake.answer_error)) {
        return fake.answer_error;
    }
    out[10] = TICKET_LIFETIME_S >> 8;
    out[11] = TICKET_LIFETIME_S & 0xFF;
    memcpy(out + 12, challenge_two, CHALLENGE_SIZE_BYTES);
    return give(reply, SPAN_OF(out));
}

/* One CBOR item, which the agent hands on as it is; more wait. */
static struct error give_failures(struct buffer *reply)
{
    static const uint8_t report[] = {1, 0x43, 'r', 'e', 'p'};
    static const uint8_t none[] = {0};

    fake.failures_read = fake.failures_due;
    return give(reply, fake.failures_due ? SPAN_OF(report) : SPAN_OF(none));
}

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    switch (number) {
    case MONITOR_CALL_EVIDENCE:
        assert_int_equal(request.size, 64);
        fake.evidence[0] = 0x58;
        fake.evidence[1] = 64;
        memcpy(fake.evidence + 2, request.data, 64);
        fake.evidence_count++;
        fake.failures_read = false;
        return give(reply, span_of(fake.evidence, 66));
    case MONITOR_CALL_KEYSET: /* the owner's new control set, which names the key that has signed the answer */
        assert_true(span_equal(request, fake.keyset));
        fake.answer_error = ERROR_NONE;
        return ERROR_NONE;
    case MONITOR_CALL_FAILURE_READ:
        return give_failures(reply);
    case MONITOR_CALL_FAILURE_DONE:
        assert_int_equal(request.size, sizeof(fake.failures_done));
        memcpy(fake.failures_done, request.data, sizeof(fake.failures_done));
        return ERROR_NONE;
    case MONITOR_CALL_CERTIFICATE:
        return give_certificate(request.data[0], reply);
    case MONITOR_CALL_ANSWER:
        return take_answer(request, reply);
    case MONITOR_CALL_CLAIM:
        fake.claim_size = request.size;
        return fake.claim_error;
    case MONITOR_CALL_CERTIFICATE_SET: {
        size_t slot = request.data[0] == MONITOR_CERTIFICATE_OPERATIONAL ? 0 : 1;
        assert_true(request.size - 1 <= sizeof(fake.certificates[slot]));
        memcpy(fake.certificates[slot], request.data + 1, request.size - 1);
        fake.certificate_sizes[slot] = request.size - 1;
        return ERROR_NONE;
    }
    default:
        return ERROR(MONITOR, CALL);
    }
}

static void reply_success(struct test_service_reply *reply)
{
    static const uint8_t operational[] = {0x30, 3, 'o', 'p', 'c'};
    static const uint8_t authority[] = {0x30, 2, 'c', 'a'};
    uint8_t rest_bytes[128];
    uint8_t body[256];
    struct checkin_rest rest = {
        .operational_certificate = SPAN_OF(operational), .ca_count = 1, .ca_certificates = {SPAN_OF(authority)}, .failures = fake.ack,
        .keyset_count = fake.keyset.size > 0 ? 1 : 0, .keysets = {fake.keyset}};
    struct writer rest_writer;
    struct writer writer;

    writer_init(&rest_writer, rest_bytes, sizeof(rest_bytes));
    assert_true(error_is_none(checkin_rest_encode(&rest, &rest_writer)));
    struct checkin_response response = {SPAN_OF(answer_token), writer_span(&rest_writer)};
    writer_init(&writer, body, sizeof(body));
    assert_true(error_is_none(checkin_response_encode(&response, &writer)));
    test_service_http(reply, 200, CHECKIN_CONTENT_TYPE, writer_span(&writer));
}

static void start(size_t reply_count)
{
    test_service_start(&service, &pki, replies, reply_count);
    identity.port = service.server.port;
}

static void stop(void)
{
    tls_client_close(&checkin.client);
    test_service_stop(&service);
}

static void assert_error(struct error error, enum error_code code)
{
    if (!error_is(error, code)) {
        fail_msg("%s where %s was due", error_name(error), error_name((struct error){(uint32_t)code}));
    }
}

static struct error run(struct agent_checkin_result *result)
{
    return agent_checkin_run(&checkin, &identity, result);
}

/* The request that the service saw: evidence over this challenge and this very connection. */
static void assert_request(size_t index, const uint8_t challenge[CHALLENGE_SIZE_BYTES], size_t certificate_count)
{
    const struct test_service_request *request = &service.requests[index];
    struct checkin_request parsed;

    assert_string_equal(request->line, "POST /v1/checkin HTTP/1.1");
    assert_error(checkin_request_parse(span_of(request->body, request->body_size), &parsed), ERROR_CODE_NONE);
    assert_int_equal(parsed.evidence.size, 66);
    assert_memory_equal(parsed.evidence.data + 2, challenge, CHALLENGE_SIZE_BYTES);
    assert_memory_equal(parsed.evidence.data + 34, request->exporter, CHANNEL_BINDING_SIZE_BYTES);
    assert_int_equal(parsed.certificate_count, certificate_count);
}

/* With the key set that names its signer an answer is taken, without it not. */
static void an_answer_by_a_key_of_a_new_control_set_is_accepted(void **state)
{
    static const uint8_t keyset[] = {0x43, 's', 'e', 't'};
    struct agent_checkin_result result = {0};
    (void)state;
    fake.answer_error = ERROR(ANSWER, SIGNER);
    reply_success(&replies[0]);
    fake.keyset = SPAN_OF(keyset);
    reply_success(&replies[1]);
    start(2);
    assert_error(run(&result), ERROR_CODE_ANSWER_SIGNER);
    assert_int_equal(fake.answer_count, 1);
    assert_error(run(&result), ERROR_CODE_NONE);
    stop();
    assert_int_equal(fake.answer_count, 3);
    assert_true(result.certificate_received);
}

static void a_new_device_learns_what_is_missing_and_is_answered(void **state)
{
    static const uint8_t zeros[CHALLENGE_SIZE_BYTES];
    struct agent_checkin_result result = {0};

    (void)state;
    test_service_problem(&replies[0], ERROR_CODE_IDENTITY_CHAIN_NEEDED, NULL);
    test_service_problem(&replies[1], ERROR_CODE_EVIDENCE_CHALLENGE, challenge_one);
    reply_success(&replies[2]);
    reply_success(&replies[3]);
    start(4);
    assert_error(run(&result), ERROR_CODE_NONE);
    assert_int_equal(result.ticket_lifetime_s, TICKET_LIFETIME_S);
    assert_true(result.certificate_received);
    assert_int_equal(fake.certificate_sizes[0], 5);
    assert_memory_equal(fake.certificates[0], "\x30\x03opc", 5);
    assert_memory_equal(fake.certificates[1], "\x30\x02"
                                              "ca", 4);
    /* The next check-in goes over the same connection, with the challenge of the answer. */
    assert_error(run(&result), ERROR_CODE_NONE);
    stop();
    assert_request(0, zeros, 0);
    assert_request(1, zeros, 3);
    assert_request(2, challenge_one, 3);
    assert_request(3, challenge_two, 0);
    assert_int_equal(service.requests[3].connection, 1);
}

static void a_dropped_connection_is_made_anew(void **state)
{
    struct agent_checkin_result result = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        reply_success(&replies[i]);
        replies[i].hang_up = i % 2 == 0;
    }
    start(4);
    for (int i = 0; i < 4; i++) {
        assert_error(run(&result), ERROR_CODE_NONE);
    }
    stop();
    assert_int_equal(service.requests[0].connection, 1);
    assert_int_equal(service.requests[1].connection, 2);
    assert_int_equal(service.requests[2].connection, 2);
    assert_int_equal(service.requests[3].connection, 3);
}

/* T-18: before the evidence that vouches for it; acknowledged only by a verified answer. */
static void failure_records_go_along_until_they_are_acknowledged(void **state)
{
    static const uint8_t done[8] = {0x5E, 0xED, 0, 1, 0, 0, 0, 9};
    struct agent_checkin_result result = {0};
    struct checkin_request parsed;

    (void)state;
    fake.failures_due = true;
    reply_success(&replies[0]);
    fake.ack = (struct failure_ack){0x5EED0001, 9};
    reply_success(&replies[1]);
    reply_success(&replies[2]);
    start(3);
    assert_error(run(&result), ERROR_CODE_NONE);
    assert_false(result.failures_wait); /* the service took none: no reason to hurry */
    fake.answer_error = ERROR(ANSWER, REST);
    assert_error(run(&result), ERROR_CODE_ANSWER_REST);
    assert_int_equal(fake.failures_done[7], 0);
    fake.answer_error = ERROR_NONE;
    assert_error(run(&result), ERROR_CODE_NONE);
    assert_memory_equal(fake.failures_done, done, sizeof(done));
    assert_true(result.failures_wait);
    stop();
    for (size_t index = 0; index < 3; index++) {
        const struct test_service_request *request = &service.requests[index];
        assert_error(checkin_request_parse(span_of(request->body, request->body_size), &parsed), ERROR_CODE_NONE);
        assert_true(span_equal(parsed.failures, span_of("\x43rep", 4)));
    }
    assert_false(fake.failures_read); /* nothing was read after the evidence */
}

/* T-22: nothing of a response is used unless the monitor accepts the answer. */
static void an_answer_that_the_monitor_refuses_changes_nothing(void **state)
{
    struct agent_checkin_result result = {0};

    (void)state;
    reply_success(&replies[0]);
    start(1);
    fake.answer_error = ERROR(ANSWER, NONCE);
    assert_error(run(&result), ERROR_CODE_ANSWER_NONCE);
    stop();
    assert_int_equal(fake.answer_count, 1);
    assert_int_equal(fake.certificate_sizes[0], 0);
    assert_int_equal(fake.certificate_sizes[1], 0);
    assert_false(result.certificate_received);
}

static void refusals_are_told_by_their_code(void **state)
{
    static const struct {
        uint32_t code;
        enum error_code told;
    } cases[] = {
        {ERROR_CODE_CHECKIN_UNKNOWN_MONITOR, ERROR_CODE_CHECKIN_UNKNOWN_MONITOR},
        {ERROR_CODE_CHECKIN_UNOWNED, ERROR_CODE_CHECKIN_UNOWNED},
        {ERROR_CODE_EVIDENCE_CHALLENGE, ERROR_CODE_EVIDENCE_CHALLENGE}, /* but gives no challenge */
        /* A code that would read as success or as nothing is no code. */
        {ERROR_CODE_NONE, ERROR_CODE_HTTP_STATUS},
        {0, ERROR_CODE_HTTP_STATUS},
        {0x10000, ERROR_CODE_HTTP_STATUS},
    };
    struct agent_checkin_result result = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_service_problem(&replies[0], cases[i].code, NULL);
        start(1);
        assert_error(run(&result), cases[i].told);
        stop();
    }
    assert_int_equal(fake.answer_count, 0);
}

static void a_service_that_never_has_enough_is_given_up(void **state)
{
    struct agent_checkin_result result = {0};

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        test_service_problem(&replies[i], ERROR_CODE_EVIDENCE_CHALLENGE, challenge_one);
    }
    start(10);
    assert_error(run(&result), ERROR_CODE_CHECKIN_STRUCTURE);
    stop();
    assert_int_equal(atomic_load(&service.request_count), AGENT_CHECKIN_ROUND_COUNT_MAX);
}

/* T-20: a hostile server that even has the right certificate. */
static void malformed_responses_are_errors_and_the_next_try_works(void **state)
{
    static const struct {
        const char *text;
        enum error_code code;
    } cases[] = {
        {"", ERROR_CODE_NET_CLOSED},
        {"HTTP/1.1 200 OK\r\n", ERROR_CODE_NET_CLOSED},
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", ERROR_CODE_NET_CLOSED},
        {"garbage\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nmore than one", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", ERROR_CODE_HTTP_SIZE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", ERROR_CODE_HTTP_STATUS},
        {"HTTP/1.1 500 X\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", ERROR_CODE_HTTP_STATUS},
        {"HTTP/1.1 200 OK\r\nContent-Type: " CHECKIN_CONTENT_TYPE "\r\nContent-Length: 2\r\n\r\n\xA2\x01",
         ERROR_CODE_CBOR_TRUNCATED},
        {"HTTP/1.1 403 X\r\nContent-Type: " PROBLEM_CONTENT_TYPE "\r\nContent-Length: 2\r\n\r\n\xFF\xFF",
         ERROR_CODE_HTTP_STATUS},
    };
    struct agent_checkin_result result = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_service_text(&replies[0], cases[i].text);
        replies[0].hang_up = true;
        reply_success(&replies[1]);
        start(2);
        struct error error = run(&result);
        if (!error_is(error, cases[i].code)) {
            fail_msg("case %zu: %s", i, error_name(error));
        }
        assert_error(run(&result), ERROR_CODE_NONE);
        stop();
    }
}

/* A head that never ends must not fill more than its share. */
static void an_endless_head_is_cut_off(void **state)
{
    struct agent_checkin_result result = {0};

    (void)state;
    test_service_text(&replies[0], "HTTP/1.1 200 OK\r\nX: ");
    memset(replies[0].bytes + replies[0].size, 'x', 3000);
    replies[0].size += 3000;
    start(1);
    assert_error(run(&result), ERROR_CODE_HTTP_SIZE);
    stop();
}

/* T-14: the monitor decides about a claim, whoever sent it. */
static void a_claim_goes_to_the_monitor(void **state)
{
    static const uint8_t bundle[] = "bundle";

    (void)state;
    test_service_http(&replies[0], 200, CLAIM_CONTENT_TYPE, SPAN_OF(bundle));
    start(1);
    assert_error(agent_claim_run(&identity, (struct buffer)BUFFER_OF(memory)), ERROR_CODE_NONE);
    stop();
    assert_int_equal(fake.claim_size, sizeof(bundle));
    assert_string_equal(service.requests[0].line, "GET /v1/claim/"
                                                  "0102030000000000000000000000000000000000000000000000000000000000"
                                                  "ff HTTP/1.1");
    fake.claim_error = ERROR(VOUCHER, SIGNATURE);
    start(1);
    assert_error(agent_claim_run(&identity, (struct buffer)BUFFER_OF(memory)), ERROR_CODE_VOUCHER_SIGNATURE);
    stop();
}

static void a_refused_claim_says_why(void **state)
{
    (void)state;
    test_service_problem(&replies[0], ERROR_CODE_CHECKIN_UNOWNED, NULL);
    start(1);
    assert_error(agent_claim_run(&identity, (struct buffer)BUFFER_OF(memory)), ERROR_CODE_CHECKIN_UNOWNED);
    stop();
    test_service_http(&replies[0], 200, "text/plain", SPAN_OF("bundle"));
    start(1);
    assert_error(agent_claim_run(&identity, (struct buffer)BUFFER_OF(memory)), ERROR_CODE_HTTP_STRUCTURE);
    stop();
    assert_int_equal(fake.claim_size, 0);
}

static int set_up(void **state)
{
    (void)state;
    test_pki_make(&pki, SERVICE_TLS_NAME);
    test_runtime_set_monitor(monitor);
    return error_is_none(tls_client_setup((struct buffer)BUFFER_OF(heap))) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_pki_free(&pki);
    return 0;
}

static int before_each(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake.answer_error = ERROR_NONE;
    fake.claim_error = ERROR_NONE;
    memset(&identity, 0, sizeof(identity));
    identity.ueid.bytes[0] = 1;
    identity.ueid.bytes[1] = 2;
    identity.ueid.bytes[2] = 3;
    identity.ueid.bytes[UEID_SIZE_BYTES - 1] = 0xFF;
    identity.claimed = true;
    strcpy(identity.host, "127.0.0.1");
    agent_checkin_init(&checkin, (struct buffer)BUFFER_OF(memory));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_device_learns_what_is_missing_and_is_answered, before_each),
        cmocka_unit_test_setup(an_answer_by_a_key_of_a_new_control_set_is_accepted, before_each),
        cmocka_unit_test_setup(a_dropped_connection_is_made_anew, before_each),
        cmocka_unit_test_setup(an_answer_that_the_monitor_refuses_changes_nothing, before_each),
        cmocka_unit_test_setup(failure_records_go_along_until_they_are_acknowledged, before_each),
        cmocka_unit_test_setup(refusals_are_told_by_their_code, before_each),
        cmocka_unit_test_setup(a_service_that_never_has_enough_is_given_up, before_each),
        cmocka_unit_test_setup(malformed_responses_are_errors_and_the_next_try_works, before_each),
        cmocka_unit_test_setup(an_endless_head_is_cut_off, before_each),
        cmocka_unit_test_setup(a_claim_goes_to_the_monitor, before_each),
        cmocka_unit_test_setup(a_refused_claim_says_why, before_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
