#include "formats/token/evidence.h"

#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"

#define CLAIM_CNF 8
#define CLAIM_NONCE 10
#define CLAIM_UEID 256
#define CLAIM_UPTIME 261
#define CLAIM_DBGSTAT 263
#define CLAIM_BOOT_COUNT 267
#define CLAIM_MEASUREMENTS 273
#define CLAIM_EPOCH (-70001)
#define CLAIM_SEQUENCE (-70002)
#define CLAIM_MODE (-70003)
#define CLAIM_CHANNEL_BINDING (-70004)
#define CLAIM_TICKET_NONCE (-70005)
#define CLAIM_FAULTS (-70006)
#define CLAIM_REHASH (-70007)
#define CLAIM_FAILURES (-70008)
#define CLAIM_COUNT_MIN 14

#define CNF_COSE_KEY 1
#define KEY_TYPE 1
#define KEY_TYPE_EC2 2
#define KEY_CURVE (-1)
#define KEY_CURVE_P256 1
#define KEY_X (-2)
#define KEY_Y (-3)

/* RFC 9711 4.2.9: debug is possible now, or was not since the boot. */
#define DBGSTAT_ENABLED 0
#define DBGSTAT_DISABLED_SINCE_BOOT 2

/* CoAP content format for private use (RFC 7252 12.3). */
#define MEASUREMENT_CONTENT_FORMAT 65001
#define MEASUREMENT_COMPONENT 1
#define MEASUREMENT_SEQUENCE 2
#define MEASUREMENT_DIGEST 3
#define MEASUREMENT_AUTHORITY 4
#define MEASUREMENT_SIZE_BYTES_MAX (1 + 2 + 6 + 2 * (1 + 2 + 32))

static uint32_t read_u32(struct cbor_reader *cbor)
{
    return cbor_read_uint_max(cbor, UINT32_MAX);
}

static void key_read(struct cbor_reader *cbor, struct ecdsa_p256_public_key *key)
{
    cbor_expect_map(cbor, 1);
    cbor_expect_int(cbor, CNF_COSE_KEY);
    cbor_expect_map(cbor, 4);
    cbor_expect_int(cbor, KEY_TYPE);
    cbor_expect_int(cbor, KEY_TYPE_EC2);
    cbor_expect_int(cbor, KEY_CURVE);
    cbor_expect_int(cbor, KEY_CURVE_P256);
    cbor_expect_int(cbor, KEY_X);
    cbor_read_bytes_into(cbor, key->bytes, 32);
    cbor_expect_int(cbor, KEY_Y);
    cbor_read_bytes_into(cbor, key->bytes + 32, 32);
}

static void key_write(struct writer *out, const struct ecdsa_p256_public_key *key)
{
    cbor_write_map(out, 1);
    cbor_write_int(out, CNF_COSE_KEY);
    cbor_write_map(out, 4);
    cbor_write_int(out, KEY_TYPE);
    cbor_write_int(out, KEY_TYPE_EC2);
    cbor_write_int(out, KEY_CURVE);
    cbor_write_int(out, KEY_CURVE_P256);
    cbor_write_int(out, KEY_X);
    cbor_write_bytes(out, span_of(key->bytes, 32));
    cbor_write_int(out, KEY_Y);
    cbor_write_bytes(out, span_of(key->bytes + 32, 32));
}

static void measurement_read(struct cbor_reader *outer, struct measurement *measurement)
{
    struct cbor_reader cbor;
    cbor_expect_array(outer, 2);
    cbor_expect_int(outer, MEASUREMENT_CONTENT_FORMAT);
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_map(&cbor, 4);
    cbor_expect_int(&cbor, MEASUREMENT_COMPONENT);
    measurement->component = (enum component)cbor_read_uint_max(&cbor, COMPONENT_COUNT);
    cbor_expect_int(&cbor, MEASUREMENT_SEQUENCE);
    measurement->sequence = read_u32(&cbor);
    cbor_expect_int(&cbor, MEASUREMENT_DIGEST);
    cbor_read_bytes_into(&cbor, measurement->digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    cbor_expect_int(&cbor, MEASUREMENT_AUTHORITY);
    cbor_read_bytes_into(&cbor, measurement->authority.bytes, SHA256_DIGEST_SIZE_BYTES);
    cbor_leave_bytes(outer, &cbor);
}

static void measurement_write(struct writer *out, const struct measurement *measurement)
{
    uint8_t bytes[MEASUREMENT_SIZE_BYTES_MAX];
    struct writer inner;
    writer_init(&inner, bytes, sizeof bytes);
    cbor_write_map(&inner, 4);
    cbor_write_int(&inner, MEASUREMENT_COMPONENT);
    cbor_write_int(&inner, (int64_t)measurement->component);
    cbor_write_int(&inner, MEASUREMENT_SEQUENCE);
    cbor_write_uint(&inner, measurement->sequence);
    cbor_write_int(&inner, MEASUREMENT_DIGEST);
    cbor_write_bytes(&inner, SPAN_OF(measurement->digest.bytes));
    cbor_write_int(&inner, MEASUREMENT_AUTHORITY);
    cbor_write_bytes(&inner, SPAN_OF(measurement->authority.bytes));
    cbor_write_array(out, 2);
    cbor_write_int(out, MEASUREMENT_CONTENT_FORMAT);
    cbor_write_bytes(out, writer_span(&inner));
}

static void faults_read(struct cbor_reader *cbor, uint32_t counts[FAULT_KIND_COUNT + 1])
{
    size_t entries_left = cbor_read_map(cbor, FAULT_KIND_COUNT);
    for (int kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        if (entries_left > 0 && cbor_next_is_int(cbor, kind)) {
            entries_left--;
            counts[kind] = read_u32(cbor);
            if (counts[kind] == 0) { /* Absent means zero; there is one way to say it. */
                cbor_reader_fail(cbor, ERROR(EVIDENCE, STRUCTURE));
            }
        }
    }
    if (entries_left != 0) {
        cbor_reader_fail(cbor, ERROR(EVIDENCE, STRUCTURE));
    }
}

static void faults_write(struct writer *out, const uint32_t counts[FAULT_KIND_COUNT + 1])
{
    size_t entry_count = 0;
    for (int kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        entry_count += counts[kind] != 0;
    }
    cbor_write_map(out, entry_count);
    for (int kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        if (counts[kind] != 0) {
            cbor_write_int(out, kind);
            cbor_write_uint(out, counts[kind]);
        }
    }
}

/* Rules above the types: at least one measurement, in the order of components, each once. */
static bool is_valid(const struct evidence *evidence)
{
    enum component previous = (enum component)0;
    if (evidence->measurement_count == 0 || evidence->measurement_count > COMPONENT_COUNT ||
        evidence->mode < DEVICE_MODE_NORMAL || evidence->mode > DEVICE_MODE_UNCLAIMED) {
        return false;
    }
    for (size_t index = 0; index < evidence->measurement_count; index++) {
        enum component component = evidence->measurements[index].component;
        if (component <= previous || component > COMPONENT_COUNT) {
            return false;
        }
        previous = component;
    }
    return true;
}

static bool dbgstat_read(struct cbor_reader *cbor)
{
    uint64_t dbgstat = cbor_read_uint_max(cbor, DBGSTAT_DISABLED_SINCE_BOOT);
    if (dbgstat != DBGSTAT_ENABLED && dbgstat != DBGSTAT_DISABLED_SINCE_BOOT) {
        cbor_reader_fail(cbor, ERROR(EVIDENCE, STRUCTURE));
    }
    return dbgstat == DBGSTAT_ENABLED;
}

static struct error payload_parse(struct span payload, struct evidence *evidence)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, payload);
    size_t claim_count = cbor_read_map(&cbor, CLAIM_COUNT_MIN + 1);
    if (claim_count < CLAIM_COUNT_MIN) {
        cbor_reader_fail(&cbor, ERROR(EVIDENCE, STRUCTURE));
    }
    cbor_expect_int(&cbor, CLAIM_CNF);
    key_read(&cbor, &evidence->operational_key);
    cbor_expect_int(&cbor, CLAIM_NONCE);
    cbor_read_bytes_into(&cbor, evidence->challenge, CHALLENGE_SIZE_BYTES);
    cbor_expect_int(&cbor, CLAIM_UEID);
    cbor_read_bytes_into(&cbor, evidence->ueid.bytes, UEID_SIZE_BYTES);
    cbor_expect_int(&cbor, CLAIM_UPTIME);
    evidence->uptime_s = read_u32(&cbor);
    cbor_expect_int(&cbor, CLAIM_DBGSTAT);
    evidence->debug = dbgstat_read(&cbor);
    cbor_expect_int(&cbor, CLAIM_BOOT_COUNT);
    evidence->boot_count = read_u32(&cbor);
    cbor_expect_int(&cbor, CLAIM_MEASUREMENTS);
    evidence->measurement_count = cbor_read_array(&cbor, COMPONENT_COUNT);
    for (size_t index = 0; index < evidence->measurement_count; index++) {
        measurement_read(&cbor, &evidence->measurements[index]);
    }
    cbor_expect_int(&cbor, CLAIM_EPOCH);
    evidence->epoch = read_u32(&cbor);
    cbor_expect_int(&cbor, CLAIM_SEQUENCE);
    evidence->sequence = read_u32(&cbor);
    cbor_expect_int(&cbor, CLAIM_MODE);
    evidence->mode = (enum device_mode)cbor_read_uint_max(&cbor, DEVICE_MODE_UNCLAIMED);
    cbor_expect_int(&cbor, CLAIM_CHANNEL_BINDING);
    cbor_read_bytes_into(&cbor, evidence->channel_binding, CHANNEL_BINDING_SIZE_BYTES);
    cbor_expect_int(&cbor, CLAIM_TICKET_NONCE);
    cbor_read_bytes_into(&cbor, evidence->ticket_nonce, TICKET_NONCE_SIZE_BYTES);
    cbor_expect_int(&cbor, CLAIM_FAULTS);
    faults_read(&cbor, evidence->fault_counts);
    cbor_expect_int(&cbor, CLAIM_REHASH);
    evidence->rehash_ok = cbor_read_bool(&cbor);
    evidence->has_failures = claim_count > CLAIM_COUNT_MIN;
    if (evidence->has_failures) {
        cbor_expect_int(&cbor, CLAIM_FAILURES);
        cbor_read_bytes_into(&cbor, evidence->failures_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    }
    TRY(cbor_reader_finish(&cbor));
    return is_valid(evidence) ? ERROR_NONE : ERROR(EVIDENCE, STRUCTURE);
}

struct error evidence_parse(struct span token, struct evidence *out, struct ecdsa_p256_public_key *signer)
{
    struct cose_sign1 object;
    struct evidence evidence = {0};
    TRY(cose_sign1_parse(token, COSE_CONTENT_TYPE_EVIDENCE, &object));
    TRY(cbor_error_as(payload_parse(object.payload, &evidence), ERROR(EVIDENCE, STRUCTURE)));
    *out = evidence;
    *signer = object.signer;
    return ERROR_NONE;
}

struct error evidence_encode_payload(const struct evidence *evidence, struct writer *out)
{
    if (!is_valid(evidence)) {
        return ERROR(EVIDENCE, STRUCTURE);
    }
    cbor_write_map(out, CLAIM_COUNT_MIN + (evidence->has_failures ? 1u : 0u));
    cbor_write_int(out, CLAIM_CNF);
    key_write(out, &evidence->operational_key);
    cbor_write_int(out, CLAIM_NONCE);
    cbor_write_bytes(out, SPAN_OF(evidence->challenge));
    cbor_write_int(out, CLAIM_UEID);
    cbor_write_bytes(out, SPAN_OF(evidence->ueid.bytes));
    cbor_write_int(out, CLAIM_UPTIME);
    cbor_write_uint(out, evidence->uptime_s);
    cbor_write_int(out, CLAIM_DBGSTAT);
    cbor_write_int(out, evidence->debug ? DBGSTAT_ENABLED : DBGSTAT_DISABLED_SINCE_BOOT);
    cbor_write_int(out, CLAIM_BOOT_COUNT);
    cbor_write_uint(out, evidence->boot_count);
    cbor_write_int(out, CLAIM_MEASUREMENTS);
    cbor_write_array(out, evidence->measurement_count);
    for (size_t index = 0; index < evidence->measurement_count; index++) {
        measurement_write(out, &evidence->measurements[index]);
    }
    cbor_write_int(out, CLAIM_EPOCH);
    cbor_write_uint(out, evidence->epoch);
    cbor_write_int(out, CLAIM_SEQUENCE);
    cbor_write_uint(out, evidence->sequence);
    cbor_write_int(out, CLAIM_MODE);
    cbor_write_int(out, (int64_t)evidence->mode);
    cbor_write_int(out, CLAIM_CHANNEL_BINDING);
    cbor_write_bytes(out, SPAN_OF(evidence->channel_binding));
    cbor_write_int(out, CLAIM_TICKET_NONCE);
    cbor_write_bytes(out, SPAN_OF(evidence->ticket_nonce));
    cbor_write_int(out, CLAIM_FAULTS);
    faults_write(out, evidence->fault_counts);
    cbor_write_int(out, CLAIM_REHASH);
    cbor_write_bool(out, evidence->rehash_ok);
    if (evidence->has_failures) {
        cbor_write_int(out, CLAIM_FAILURES);
        cbor_write_bytes(out, SPAN_OF(evidence->failures_digest.bytes));
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
