#include "tests/formats/codecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/cbor/cbor.h"
#include "formats/checkin/checkin.h"
#include "formats/cose/cose.h"
#include "formats/failure/failure.h"
#include "formats/identity/attestation_certificate.h"
#include "formats/identity/keyset.h"
#include "formats/identity/voucher.h"
#include "formats/manifest/manifest.h"
#include "formats/operator/base64url.h"
#include "formats/operator/operator_command.h"
#include "formats/revocation/revocation.h"
#include "formats/token/answer.h"

/* Writes the item again by walking it: the CBOR writer must agree with the reader on every head. */
static struct error cbor_rewrite(struct span input, struct writer *out)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, input);
    (void)cbor_read_raw(&cbor);
    TRY(cbor_reader_finish(&cbor));
    cbor_reader_init(&cbor, input);
    while (reader_remaining(&cbor.reader) > 0 && error_is_none(cbor_reader_error(&cbor))) {
        switch (cbor_peek_major(&cbor)) {
        case 0:
            cbor_write_uint(out, cbor_read_uint(&cbor));
            break;
        case 1:
            cbor_write_int(out, cbor_read_int(&cbor));
            break;
        case 2:
            cbor_write_bytes(out, cbor_read_bytes(&cbor));
            break;
        case 3:
            cbor_write_text(out, cbor_read_text_max(&cbor, SIZE_MAX));
            break;
        case 4:
            cbor_write_array(out, cbor_read_array(&cbor, UINT32_MAX));
            break;
        case 5:
            cbor_write_map(out, cbor_read_map(&cbor, UINT32_MAX));
            break;
        case 6:
            cbor_write_tag(out, cbor_read_tag(&cbor));
            break;
        default: {
            struct cbor_reader ahead = cbor;
            cbor_read_null(&ahead);
            if (error_is_none(cbor_reader_error(&ahead))) {
                cbor = ahead;
                cbor_write_null(out);
            } else {
                cbor_write_bool(out, cbor_read_bool(&cbor));
            }
        }
        }
    }
    return cbor_reader_finish(&cbor);
}

/* The signed object again, around a payload that was encoded anew. */
static struct error wrap(struct span input, const char *content_type, const struct writer *payload,
                         struct writer *out)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(input, content_type, &object));
    return cose_sign1_encode(content_type, &object.signer, writer_span(payload), &object.signature, out);
}

static struct error cose_rewrite(struct span input, struct writer *out)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(input, COSE_CONTENT_TYPE_KEYSET, &object));
    return cose_sign1_encode(COSE_CONTENT_TYPE_KEYSET, &object.signer, object.payload, &object.signature, out);
}

static struct error verify_as(struct span input, const char *content_type)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(input, content_type, &object));
    return cose_sign1_verify(&object);
}

static struct error cose_verify(struct span input)
{
    return verify_as(input, COSE_CONTENT_TYPE_KEYSET);
}

static struct error read_key(const char *path, struct ecdsa_p256_public_key *key)
{
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(key->bytes, 1, sizeof key->bytes, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return size == sizeof key->bytes ? ERROR_NONE : ERROR(CRYPTO, KEY);
}

/* The root of all key set vectors, read once. */
static struct sha256_digest maker_root_digest(void)
{
    static struct ecdsa_p256_public_key root;
    static bool is_read;
    if (!is_read) {
        if (!error_is_none(read_key("formats/vectors/keys/maker-root.bin", &root))) {
            (void)fprintf(stderr, "formats/vectors/keys/maker-root.bin: cannot be read\n");
            abort();
        }
        is_read = true;
    }
    return sha256_of(SPAN_OF(root.bytes));
}

static struct error keyset_rewrite(struct span input, struct writer *out)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer payload;
    struct keyset keyset;
    struct sha256_digest root_digest = maker_root_digest();
    writer_init(&payload, bytes, sizeof bytes);
    TRY(keyset_parse(input, KEYSET_RELEASE, &root_digest, &keyset));
    TRY(keyset_encode_payload(&keyset, &payload));
    return wrap(input, COSE_CONTENT_TYPE_KEYSET, &payload, out);
}

static struct error voucher_rewrite(struct span input, struct writer *out)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer payload;
    struct voucher voucher;
    writer_init(&payload, bytes, sizeof bytes);
    TRY(voucher_parse(input, &voucher));
    TRY(voucher_encode_payload(&voucher, &payload));
    return wrap(input, COSE_CONTENT_TYPE_VOUCHER, &payload, out);
}

/* Finds the parts of an envelope: wrapper's digest, its signature block, and the manifest with its head. */
static struct error manifest_split(struct span input, struct span *digest, struct span *block, struct span *manifest)
{
    struct cbor_reader cbor;
    struct cbor_reader wrapper;
    cbor_reader_init(&cbor, input);
    cbor_expect_tag(&cbor, 107);
    cbor_expect_map(&cbor, 2);
    cbor_expect_int(&cbor, 2);
    cbor_enter_bytes(&cbor, &wrapper);
    cbor_expect_array(&wrapper, 2);
    *digest = cbor_read_bytes(&wrapper);
    *block = cbor_read_bytes(&wrapper);
    cbor_leave_bytes(&cbor, &wrapper);
    cbor_expect_int(&cbor, 3);
    *manifest = cbor_read_raw(&cbor);
    return cbor_reader_finish(&cbor);
}

static struct error manifest_rewrite(struct span input, struct writer *out)
{
    struct manifest manifest;
    struct span parts[3];
    struct cose_sign1 object;
    TRY(manifest_parse(input, &manifest));
    TRY(manifest_split(input, &parts[0], &parts[1], &parts[2]));
    TRY(cose_sign1_parse(parts[1], NULL, &object));
    return manifest_encode(&manifest, &object.signature, out);
}

static void manifest_repair(uint8_t *data, size_t size_bytes)
{
    struct span digest;
    struct span parts[2];
    struct error error = manifest_split(span_of(data, size_bytes), &digest, &parts[0], &parts[1]);
    if (error_is_none(error) && digest.size == 36) {
        struct sha256_digest right = sha256_of(parts[1]);
        memcpy(data + (digest.data - data) + 4, right.bytes, sizeof right.bytes);
    }
}

static struct error evidence_rewrite(struct span input, struct writer *out)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer payload;
    struct evidence evidence;
    struct ecdsa_p256_public_key signer;
    writer_init(&payload, bytes, sizeof bytes);
    TRY(evidence_parse(input, &evidence, &signer));
    TRY(evidence_encode_payload(&evidence, &payload));
    return wrap(input, COSE_CONTENT_TYPE_EVIDENCE, &payload, out);
}

static struct error evidence_verify(struct span input)
{
    return verify_as(input, COSE_CONTENT_TYPE_EVIDENCE);
}

static struct error answer_rewrite(struct span input, struct writer *out)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer payload;
    struct answer answer;
    struct ecdsa_p256_public_key signer;
    writer_init(&payload, bytes, sizeof bytes);
    TRY(answer_parse(input, &answer, &signer));
    TRY(answer_encode_payload(&answer, &payload));
    return wrap(input, COSE_CONTENT_TYPE_ANSWER, &payload, out);
}

static struct error answer_verify(struct span input)
{
    return verify_as(input, COSE_CONTENT_TYPE_ANSWER);
}

static struct error command_rewrite(struct span input, struct writer *out)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer payload;
    struct operator_command command;
    struct ecdsa_p256_public_key signer;
    writer_init(&payload, bytes, sizeof bytes);
    TRY(operator_command_parse(input, &command, &signer));
    TRY(operator_command_encode_payload(&command, &payload));
    return wrap(input, COSE_CONTENT_TYPE_OPERATOR_COMMAND, &payload, out);
}

/* The command as it stands in the HTTP header. */
static struct error command_header_rewrite(struct span input, struct writer *out)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    uint8_t again_bytes[CODEC_SIZE_BYTES_MAX];
    struct writer token;
    struct writer again;
    writer_init(&token, bytes, sizeof bytes);
    writer_init(&again, again_bytes, sizeof again_bytes);
    TRY(base64url_decode(input, &token));
    TRY(command_rewrite(writer_span(&token), &again));
    return base64url_encode(writer_span(&again), out);
}

static struct error command_header_verify(struct span input)
{
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer token;
    writer_init(&token, bytes, sizeof bytes);
    TRY(base64url_decode(input, &token));
    return operator_command_verify(writer_span(&token));
}

static struct error certificate_rewrite(struct span input, struct writer *out)
{
    struct attestation_certificate certificate;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    TRY(attestation_certificate_parse(input, &certificate, &digest, &signature));
    return attestation_certificate_encode(&certificate, &signature, out);
}

static struct error certificate_verify(struct span input)
{
    struct attestation_certificate certificate;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    struct ecdsa_p256_public_key device_id;
    TRY(read_key("formats/vectors/keys/DeviceID.bin", &device_id));
    TRY(attestation_certificate_parse(input, &certificate, &digest, &signature));
    return ecdsa_p256_verify(&device_id, &digest, &signature);
}

static struct error request_rewrite(struct span input, struct writer *out)
{
    struct checkin_request request;
    TRY(checkin_request_parse(input, &request));
    return checkin_request_encode(&request, out);
}

static struct error rest_rewrite(struct span input, struct writer *out)
{
    struct checkin_rest rest;
    TRY(checkin_rest_parse(input, &rest));
    return checkin_rest_encode(&rest, out);
}

static struct error response_rewrite(struct span input, struct writer *out)
{
    struct checkin_response response;
    TRY(checkin_response_parse(input, &response));
    return checkin_response_encode(&response, out);
}

static struct error problem_rewrite(struct span input, struct writer *out)
{
    struct checkin_problem problem;
    TRY(checkin_problem_parse(input, &problem));
    return checkin_problem_encode(&problem, out);
}

static struct error claim_rewrite(struct span input, struct writer *out)
{
    struct claim claim;
    TRY(claim_parse(input, &claim));
    return claim_encode(&claim, out);
}

static struct error failure_rewrite(struct span input, struct writer *out)
{
    struct failure_report report;
    TRY(failure_report_parse(input, &report));
    return failure_report_encode(&report, out);
}

static struct error revocation_rewrite(struct span input, struct writer *out)
{
    struct revocation_chain chain = {0};
    struct revocation_chain again = {0};
    struct revocation entry;
    TRY(revocation_parse(input, &chain, &entry));
    uint8_t *bytes = writer_reserve(out, REVOCATION_SIZE_BYTES);
    if (bytes != NULL) {
        revocation_encode(&entry, &again, bytes);
    }
    return ERROR_NONE;
}

static void revocation_repair(uint8_t *data, size_t size_bytes)
{
    uint8_t linked[REVOCATION_SIZE_BYTES] = {0};
    if (size_bytes == sizeof linked) {
        size_t head_size_bytes = sizeof linked - SHA256_DIGEST_SIZE_BYTES;
        memcpy(linked + SHA256_DIGEST_SIZE_BYTES, data, head_size_bytes);
        struct sha256_digest link = sha256_of(SPAN_OF(linked));
        memcpy(data + head_size_bytes, link.bytes, sizeof link.bytes);
    }
}

static const struct codec codecs[] = {
    {"cbor", cbor_rewrite, NULL, NULL},
    {"cose", cose_rewrite, cose_verify, NULL},
    {"keyset", keyset_rewrite, keyset_verify_signature, NULL},
    {"voucher", voucher_rewrite, voucher_verify_signature, NULL},
    {"manifest", manifest_rewrite, manifest_verify_signature, manifest_repair},
    {"evidence", evidence_rewrite, evidence_verify, NULL},
    {"answer", answer_rewrite, answer_verify, NULL},
    {"command", command_rewrite, operator_command_verify, NULL},
    {"command_header", command_header_rewrite, command_header_verify, NULL},
    {"certificate", certificate_rewrite, certificate_verify, NULL},
    {"request", request_rewrite, NULL, NULL},
    {"rest", rest_rewrite, NULL, NULL},
    {"response", response_rewrite, NULL, NULL},
    {"problem", problem_rewrite, NULL, NULL},
    {"claim", claim_rewrite, NULL, NULL},
    {"failure", failure_rewrite, NULL, NULL},
    {"revocation", revocation_rewrite, NULL, revocation_repair},
};

const struct codec *codec_find(const char *name)
{
    for (size_t index = 0; index < sizeof codecs / sizeof codecs[0]; index++) {
        if (strcmp(codecs[index].name, name) == 0) {
            return &codecs[index];
        }
    }
    return NULL;
}

void codec_check(const struct codec *codec, struct span input)
{
    static uint8_t again_bytes[CODEC_SIZE_BYTES_MAX];
    struct writer again;
    writer_init(&again, again_bytes, sizeof again_bytes);
    if (input.size > sizeof again_bytes || !error_is_none(codec->rewrite(input, &again))) {
        return;
    }
    if (!span_equal(writer_span(&again), input)) {
        (void)fprintf(stderr, "%s: an accepted input is written again with other bytes\n", codec->name);
        abort();
    }
}
