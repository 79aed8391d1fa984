/* Evidence and the answer to it (T-02, T-14, T-15, T-22). What the monitor signs is verified by OpenSSL. */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/hal/memory.h"
#include "device/monitor/allowance.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"
#include "formats/cose/cose.h"

static uint8_t evidence_bytes[2][EVIDENCE_SIZE_BYTES_MAX + COSE_OVERHEAD_SIZE_BYTES_MAX];

static struct span get_evidence(size_t place)
{
    uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    memset(request, 0xC1, CHALLENGE_SIZE_BYTES);
    memset(request + CHALLENGE_SIZE_BYTES, 0xB2, CHANNEL_BINDING_SIZE_BYTES);
    struct span token = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request));
    assert_in_range(token.size, 1, sizeof(evidence_bytes[place]));
    memcpy(evidence_bytes[place], token.data, token.size);
    return span_of(evidence_bytes[place], token.size);
}

static struct evidence parse_evidence(struct span token)
{
    struct evidence evidence;
    struct ecdsa_p256_public_key signer;
    fixture_expect_none(evidence_parse(token, &evidence, &signer));
    assert_memory_equal(signer.bytes, monitor.handoff.attestation_public_key.bytes, sizeof(signer.bytes));
    return evidence;
}

static void evidence_says_what_is(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    fixture_advance(5000);
    monitor_count_fault(FAULT_REFLECTED);
    monitor_count_fault(FAULT_REFLECTED);
    struct evidence evidence = parse_evidence(get_evidence(0));
    for (size_t index = 0; index < CHALLENGE_SIZE_BYTES; index++) {
        assert_int_equal(evidence.challenge[index], 0xC1);
        assert_int_equal(evidence.channel_binding[index], 0xB2);
    }
    assert_memory_equal(evidence.ueid.bytes, monitor.handoff.ueid.bytes, UEID_SIZE_BYTES);
    assert_memory_equal(evidence.operational_key.bytes, monitor.operational.public_key.bytes, 64);
    assert_in_range(evidence.uptime_s, 5, 6);
    assert_false(evidence.debug);
    assert_int_equal(evidence.boot_count, 2);
    assert_int_equal(evidence.epoch, 1);
    assert_int_equal(evidence.sequence, 1);
    assert_int_equal(evidence.mode, DEVICE_MODE_NORMAL);
    assert_int_equal(evidence.fault_counts[FAULT_REFLECTED], 2);
    assert_int_equal(evidence.fault_counts[FAULT_COMPARTMENT], 0);
    assert_true(evidence.rehash_ok);
    assert_int_equal(evidence.measurement_count, 2);
    assert_int_equal(evidence.measurements[0].component, COMPONENT_MONITOR);
    assert_int_equal(evidence.measurements[0].sequence, 3);
    struct buffer area = hal_memory_image_area(COMPONENT_MONITOR);
    struct sha256_digest digest = sha256_of(span_of(area.data, 3000));
    assert_memory_equal(evidence.measurements[0].digest.bytes, digest.bytes, sizeof(digest.bytes));
    assert_int_equal(evidence.measurements[1].component, COMPONENT_BASE);

    monitor.rehash.failed = true;
    assert_false(parse_evidence(get_evidence(0)).rehash_ok);
}

static void sequence_rises_and_the_nonce_stays(void **state)
{
    (void)state;
    fixture_must_boot();
    struct evidence first = parse_evidence(get_evidence(0));
    for (uint32_t turn = 2; turn < 10; turn++) {
        struct evidence next = parse_evidence(get_evidence(0));
        assert_int_equal(next.sequence, turn);
        assert_memory_equal(next.ticket_nonce, first.ticket_nonce, sizeof(first.ticket_nonce));
    }
    fixture_must_boot();
    struct evidence other = parse_evidence(get_evidence(0));
    assert_int_equal(other.sequence, 1);
    assert_true(other.boot_count > first.boot_count);
    assert_memory_not_equal(other.ticket_nonce, first.ticket_nonce, sizeof(first.ticket_nonce));
    monitor.ticket.sequence = UINT32_MAX;
    static const uint8_t request[64];
    fixture_expect_error(fixture_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)).error, ERROR_CODE_MONITOR_STATE);
}

static EVP_PKEY *openssl_key(const uint8_t public_key[64])
{
    uint8_t point[65] = {4};
    memcpy(point + 1, public_key, 64);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    assert_true(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0));
    assert_true(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)));
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    return key;
}

/* ES256 over a message, by OpenSSL alone; signature is r || s. */
static bool openssl_verifies(EVP_PKEY *key, struct span message, const uint8_t signature[64])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    assert_true(ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)));
    uint8_t *der = NULL;
    int der_size = i2d_ECDSA_SIG(pair, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    int result = EVP_DigestVerify(context, der, (size_t)der_size, message.data, message.size);
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return result == 1;
}

/* Bytes of a CBOR string head of up to 64 KiB, by hand: no code of ours makes what is verified here. */
static size_t put_bytes(uint8_t *out, struct span bytes)
{
    size_t size = 0;
    if (bytes.size < 24) {
        out[size++] = (uint8_t)(0x40 + bytes.size);
    } else if (bytes.size < 256) {
        out[size++] = 0x58;
        out[size++] = (uint8_t)bytes.size;
    } else {
        out[size++] = 0x59;
        out[size++] = (uint8_t)(bytes.size >> 8);
        out[size++] = (uint8_t)bytes.size;
    }
    memcpy(out + size, bytes.data, bytes.size);
    return size + bytes.size;
}

static void openssl_verifies_evidence_and_certificate(void **state)
{
    (void)state;
    fixture_must_boot();
    struct span token = get_evidence(0);
    struct cose_sign1 object;
    fixture_expect_none(cose_sign1_parse(token, COSE_CONTENT_TYPE_EVIDENCE, &object));
    static uint8_t message[2048] = "\x84\x6aSignature1";
    size_t size = 12;
    size += put_bytes(message + size, object.protected_header);
    message[size++] = 0x40;
    size += put_bytes(message + size, object.payload);

    const struct handoff *handoff = &monitor.handoff;
    const uint8_t *der = handoff->attestation_certificate;
    X509 *certificate = d2i_X509(NULL, &der, (long)handoff->attestation_certificate_size_bytes);
    assert_non_null(certificate);
    EVP_PKEY *attestation = X509_get_pubkey(certificate);
    assert_true(openssl_verifies(attestation, span_of(message, size), object.signature.bytes));
    message[size - 1] ^= 1;
    assert_false(openssl_verifies(attestation, span_of(message, size), object.signature.bytes));

    /* The DeviceID key is on the console for the factory while the board has no certificate. */
    struct span console = host_board_console();
    const char *line = memmem(console.data, console.size, "rom: device-id ", 15);
    assert_non_null(line);
    long hex_size = 0;
    char hex[129] = {0};
    memcpy(hex, line + 15, 128);
    uint8_t *device_id = OPENSSL_hexstr2buf(hex, &hex_size);
    assert_int_equal(hex_size, 64);
    EVP_PKEY *issuer = openssl_key(device_id);
    assert_int_equal(X509_verify(certificate, issuer), 1);
    EVP_PKEY_free(issuer);
    OPENSSL_free(device_id);
    EVP_PKEY_free(attestation);
    X509_free(certificate);
}

static void an_answer_gives_ticket_and_time(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    struct reader reader;
    reader_init(&reader, fixture_must_call(MONITOR_CALL_TIME, SPAN_EMPTY));
    (void)reader_u32(&reader);
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_u64(&reader), 0);

    struct fixture_answer good = {.evidence = get_evidence(0), .signer = "alice control"};
    uint32_t made_ms = monitor.ticket.nonce_made_ms;
    struct span input = fixture_answer(&good);
    fixture_advance(2000);
    reader_init(&reader, fixture_must_call(MONITOR_CALL_ANSWER, input));
    assert_int_equal(reader_u64(&reader), 1800000000);
    assert_int_equal(reader_u32(&reader), 600);
    assert_int_equal(reader_u8(&reader), 9);
    assert_int_equal(reader_remaining(&reader), CHALLENGE_SIZE_BYTES - 1);
    assert_true(monitor.ticket.accepted);
    assert_int_equal(monitor.ticket.start_ms, made_ms);
    assert_int_equal(monitor.ticket.lifetime_s, 600);
    assert_int_equal(monitor.allowance.spent, 0);

    fixture_advance(10000);
    reader_init(&reader, fixture_must_call(MONITOR_CALL_TIME, SPAN_EMPTY));
    assert_true(reader_u32(&reader) > 12000);
    assert_int_equal(reader_u8(&reader), 1);
    assert_in_range(reader_u64(&reader), 1800000009, 1800000011);

    /* Replayed: the nonce is spent. */
    fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, input).error, ERROR_CODE_ANSWER_NONCE);
    (void)get_evidence(0);
    fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, input).error, ERROR_CODE_ANSWER_NONCE);
}

static void spoiled_answers_change_nothing(void **state)
{
    (void)state;
    static const struct {
        struct fixture_answer answer;
        enum error_code error;
    } cases[] = {
        {{.signer = "alice control", .nonce_flip = 1}, ERROR_CODE_ANSWER_NONCE},
        {{.signer = "alice control", .evidence_flip = 1}, ERROR_CODE_ANSWER_EVIDENCE},
        {{.signer = "alice control", .rest_flip = 1}, ERROR_CODE_ANSWER_REST},
        {{.signer = "alice control", .signature_flip = 1}, ERROR_CODE_ANSWER_SIGNATURE},
        {{.signer = "bob control"}, ERROR_CODE_ANSWER_SIGNER},
        {{.signer = "alice"}, ERROR_CODE_ANSWER_SIGNER},
        {{.signer = "maker"}, ERROR_CODE_ANSWER_SIGNER},
    };
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    struct span evidence = get_evidence(0);
    struct ticket before = monitor.ticket;
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct fixture_answer answer = cases[index].answer;
        answer.evidence = evidence;
        fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, fixture_answer(&answer)).error, cases[index].error);
        assert_memory_equal(&monitor.ticket, &before, sizeof(before));
    }
    struct fixture_answer good = {.evidence = evidence, .signer = "alice control"};
    struct span input = fixture_answer(&good);
    uint8_t altered[1024];
    for (size_t index = 0; index < input.size; index++) {
        memcpy(altered, input.data, input.size);
        altered[index] ^= 0x20;
        fixture_advance(ALLOWANCE_REFILL_MS);
        assert_false(error_is_none(fixture_call(MONITOR_CALL_ANSWER, span_of(altered, input.size)).error));
        assert_memory_equal(&monitor.ticket, &before, sizeof(before));
    }
    for (size_t size = 0; size < input.size; size++) {
        assert_false(error_is_none(fixture_call(MONITOR_CALL_ANSWER, span_of(input.data, size)).error));
    }
    (void)fixture_must_call(MONITOR_CALL_ANSWER, input);
}

static void an_answer_to_earlier_evidence_is_refused(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    struct fixture_answer late = {.evidence = get_evidence(0), .signer = "alice control"};
    (void)get_evidence(1);
    fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, fixture_answer(&late)).error,
                         ERROR_CODE_ANSWER_EVIDENCE);
}

static void forged_answers_are_rationed(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    struct fixture_answer answer = {
        .evidence = get_evidence(0), .signer = "alice control", .signature_flip = 1};
    struct span forged = fixture_answer(&answer);
    for (uint32_t attempt = 0; attempt < ALLOWANCE_BURST; attempt++) {
        fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, forged).error, ERROR_CODE_ANSWER_SIGNATURE);
    }
    fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, forged).error, ERROR_CODE_MONITOR_RATE);
    fixture_advance(ALLOWANCE_REFILL_MS);
    answer.signature_flip = 0;
    (void)fixture_must_call(MONITOR_CALL_ANSWER, fixture_answer(&answer));
}

/* The key set that names the control keys was verified when it was accepted, and is again in every boot: a copy in flash
 * is not believed for its MAC alone (T-22). */
static void the_control_key_set_is_verified_at_the_first_answer(void **state)
{
    (void)state;
    static const struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    fixture_plant_claim(&claim, FIXTURE_PART_CONTROL_KEYSET, NULL);
    fixture_must_boot();
    assert_true(monitor.claimed);
    struct fixture_answer answer = {.evidence = get_evidence(0), .signer = "alice control"};
    struct ticket before = monitor.ticket;
    for (uint32_t attempt = 0; attempt < 2; attempt++) {
        fixture_expect_error(fixture_call(MONITOR_CALL_ANSWER, fixture_answer(&answer)).error,
                             ERROR_CODE_KEYSET_SIGNATURE);
        assert_memory_equal(&monitor.ticket, &before, sizeof(before));
    }
    fixture_plant_claim(&claim, FIXTURE_PART_NONE, NULL);
    fixture_must_boot();
    answer.evidence = get_evidence(0);
    (void)fixture_must_call(MONITOR_CALL_ANSWER, fixture_answer(&answer));
}

static struct span order_bytes;

static void take_order(void)
{
    (void)fixture_call(MONITOR_CALL_ANSWER, order_bytes);
}

static void an_order_to_refresh_resets_into_the_next_epoch(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    uint32_t epoch = monitor.handoff.epoch;
    struct fixture_answer reached = {
        .evidence = get_evidence(0), .signer = "alice control", .order_epoch = epoch};
    (void)fixture_must_call(MONITOR_CALL_ANSWER, fixture_answer(&reached));
    assert_int_equal(monitor.handoff.epoch, epoch);
    struct ecdsa_p256_private_key old_key = monitor.handoff.secrets.attestation_key;
    struct fixture_answer order = {
        .evidence = get_evidence(0), .signer = "alice control", .order_epoch = epoch + 2};
    order_bytes = fixture_answer(&order);
    assert_int_equal(host_board_run(take_order), HOST_EVENT_RESET);
    fixture_must_boot();
    assert_int_equal(monitor.handoff.epoch, epoch + 1); /* one step a boot; the next order takes the next */
    assert_true(monitor.claimed);
    assert_memory_not_equal(&old_key, &monitor.handoff.secrets.attestation_key, sizeof(old_key));
    order.evidence = get_evidence(0);
    order_bytes = fixture_answer(&order);
    assert_int_equal(host_board_run(take_order), HOST_EVENT_RESET);
    fixture_must_boot();
    assert_int_equal(monitor.handoff.epoch, epoch + 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(evidence_says_what_is),
        TEST(sequence_rises_and_the_nonce_stays),
        TEST(openssl_verifies_evidence_and_certificate),
        TEST(an_answer_gives_ticket_and_time),
        TEST(spoiled_answers_change_nothing),
        TEST(an_answer_to_earlier_evidence_is_refused),
        TEST(forged_answers_are_rationed),
        TEST(the_control_key_set_is_verified_at_the_first_answer),
        TEST(an_order_to_refresh_resets_into_the_next_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
