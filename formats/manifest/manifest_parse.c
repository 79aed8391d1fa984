#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"
#include "formats/manifest/manifest.h"
#include "formats/manifest/manifest_labels.h"

/* [-16, 32 bytes] */
#define PAYLOAD_SIZE_BYTES (1 + 1 + 2 + 32)

static void digest_read(struct cbor_reader *outer, struct sha256_digest *digest)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_array(&cbor, 2);
    cbor_expect_int(&cbor, SUIT_ALGORITHM_SHA256);
    cbor_read_bytes_into(&cbor, digest->bytes, sizeof digest->bytes);
    cbor_leave_bytes(outer, &cbor);
}

/* The digest that the signature covers, and the signature. */
static void wrapper_read(struct cbor_reader *outer, struct cose_sign1 *object, struct sha256_digest *digest)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    size_t count = cbor_read_array(&cbor, 2);
    digest_read(&cbor, digest);
    if (error_is_none(cbor_reader_error(&cbor)) && count != 2) {
        cbor_reader_fail(&cbor, ERROR(MANIFEST, UNSIGNED));
    }
    struct error error = cose_sign1_parse(cbor_read_bytes(&cbor), NULL, object);
    if (!error_is_none(error)) {
        cbor_reader_fail(&cbor, error);
    }
    cbor_leave_bytes(outer, &cbor);
}

static enum component component_of(struct span name)
{
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        const char *known = component_name((enum component)component);
        size_t size_bytes = 0;
        while (size_bytes < name.size && known[size_bytes] != '\0' &&
               known[size_bytes] == (char)name.data[size_bytes]) {
            size_bytes++;
        }
        if (size_bytes == name.size && known[size_bytes] == '\0') {
            return (enum component)component;
        }
    }
    return (enum component)0;
}

/* [h'name'] */
static struct span component_identifier_read(struct cbor_reader *cbor)
{
    cbor_expect_array(cbor, 1);
    return cbor_read_bytes(cbor);
}

static void shared_sequence_read(struct cbor_reader *outer, struct manifest *manifest)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_array(&cbor, 6);
    cbor_expect_int(&cbor, SUIT_DIRECTIVE_OVERRIDE_PARAMETERS);
    cbor_expect_map(&cbor, 4);
    cbor_expect_int(&cbor, SUIT_PARAMETER_VENDOR_IDENTIFIER);
    cbor_read_bytes_into(&cbor, manifest->vendor.bytes, UUID_SIZE_BYTES);
    cbor_expect_int(&cbor, SUIT_PARAMETER_CLASS_IDENTIFIER);
    cbor_read_bytes_into(&cbor, manifest->device_class.bytes, UUID_SIZE_BYTES);
    cbor_expect_int(&cbor, SUIT_PARAMETER_IMAGE_DIGEST);
    digest_read(&cbor, &manifest->image_digest);
    cbor_expect_int(&cbor, SUIT_PARAMETER_IMAGE_SIZE);
    manifest->image_size_bytes = cbor_read_uint_max(&cbor, UINT32_MAX);
    cbor_expect_int(&cbor, SUIT_CONDITION_VENDOR_IDENTIFIER);
    cbor_expect_int(&cbor, SUIT_REPORTING_POLICY);
    cbor_expect_int(&cbor, SUIT_CONDITION_CLASS_IDENTIFIER);
    cbor_expect_int(&cbor, SUIT_REPORTING_POLICY);
    cbor_leave_bytes(outer, &cbor);
}

static struct span common_read(struct cbor_reader *outer, struct manifest *manifest)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_map(&cbor, 2);
    cbor_expect_int(&cbor, SUIT_COMPONENTS);
    cbor_expect_array(&cbor, 1);
    struct span name = component_identifier_read(&cbor);
    manifest->component = component_of(name);
    cbor_expect_int(&cbor, SUIT_SHARED_SEQUENCE);
    shared_sequence_read(&cbor, manifest);
    cbor_leave_bytes(outer, &cbor);
    return name;
}

static void validate_read(struct cbor_reader *outer)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_array(&cbor, 2);
    cbor_expect_int(&cbor, SUIT_CONDITION_IMAGE_MATCH);
    cbor_expect_int(&cbor, SUIT_REPORTING_POLICY);
    cbor_leave_bytes(outer, &cbor);
}

/* {"en": {[h'name']: {6: version}}}; true if language and component are the expected ones. */
static bool text_read(struct cbor_reader *outer, struct span name, struct span *version)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_map(&cbor, 1);
    bool expected = span_equal(cbor_read_text_unchecked_max(&cbor, 2), span_of(SUIT_TEXT_LANGUAGE, 2));
    cbor_expect_map(&cbor, 1);
    expected = expected && span_equal(component_identifier_read(&cbor), name);
    cbor_expect_map(&cbor, 1);
    cbor_expect_int(&cbor, SUIT_TEXT_COMPONENT_VERSION);
    *version = cbor_read_text_unchecked_max(&cbor, MANIFEST_VERSION_SIZE_BYTES_MAX);
    cbor_leave_bytes(outer, &cbor);
    return expected;
}

static void manifest_read(struct cbor_reader *outer, struct manifest *manifest, struct span *version)
{
    struct cbor_reader cbor;
    cbor_enter_bytes(outer, &cbor);
    cbor_expect_map(&cbor, 5);
    cbor_expect_int(&cbor, SUIT_MANIFEST_VERSION);
    cbor_expect_int(&cbor, 1);
    cbor_expect_int(&cbor, SUIT_MANIFEST_SEQUENCE_NUMBER);
    manifest->sequence = cbor_read_uint_max(&cbor, UINT32_MAX);
    cbor_expect_int(&cbor, SUIT_COMMON);
    struct span name = common_read(&cbor, manifest);
    cbor_expect_int(&cbor, SUIT_VALIDATE);
    validate_read(&cbor);
    cbor_expect_int(&cbor, SUIT_TEXT);
    if (!text_read(&cbor, name, version) || manifest->component == 0) {
        cbor_reader_fail(&cbor, ERROR(MANIFEST, STRUCTURE));
    }
    cbor_leave_bytes(outer, &cbor);
}

/* object->payload becomes the encoded digest of the manifest as read, in payload. */
static struct error envelope_read(struct span envelope, struct manifest *manifest, struct span *version,
                                  struct cose_sign1 *object, struct writer *payload)
{
    struct cbor_reader cbor;
    struct sha256_digest digest_signed;
    cbor_reader_init(&cbor, envelope);
    cbor_expect_tag(&cbor, SUIT_TAG_ENVELOPE);
    cbor_expect_map(&cbor, 2);
    cbor_expect_int(&cbor, SUIT_AUTHENTICATION_WRAPPER);
    wrapper_read(&cbor, object, &digest_signed);
    cbor_expect_int(&cbor, SUIT_MANIFEST);
    size_t start_bytes = cbor.reader.offset_bytes;
    manifest_read(&cbor, manifest, version);
    struct error error = cbor_error_as(cbor_reader_finish(&cbor), ERROR(MANIFEST, STRUCTURE));
    if (!error_is_none(error)) {
        return error_is(error, ERROR_CODE_COSE_STRUCTURE) ? ERROR(MANIFEST, STRUCTURE) : error;
    }
    /* The digest covers the byte string with its head (draft-ietf-suit-manifest-34, 8.3). */
    struct sha256_digest digest = sha256_of(span_of(envelope.data + start_bytes, envelope.size - start_bytes));
    if (!span_equal(SPAN_OF(digest.bytes), SPAN_OF(digest_signed.bytes))) {
        return ERROR(MANIFEST, DIGEST);
    }
    cbor_write_array(payload, 2);
    cbor_write_int(payload, SUIT_ALGORITHM_SHA256);
    cbor_write_bytes(payload, SPAN_OF(digest.bytes));
    object->payload = writer_span(payload);
    manifest->signer = object->signer;
    return ERROR_NONE;
}

struct error manifest_parse_signed(struct span envelope, struct manifest *out, struct manifest_signed *signed_out)
{
    struct manifest manifest = {0};
    struct cose_sign1 object;
    uint8_t payload_bytes[PAYLOAD_SIZE_BYTES];
    struct writer payload;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    TRY(envelope_read(envelope, &manifest, &signed_out->version, &object, &payload));
    signed_out->digest = cose_sign1_digest(&object);
    signed_out->signature = object.signature;
    *out = manifest;
    return ERROR_NONE;
}

struct error manifest_parse(struct span envelope, struct manifest *out)
{
    struct manifest manifest;
    struct manifest_signed covered;
    TRY(manifest_parse_signed(envelope, &manifest, &covered));
    if (!cbor_text_is_printable(covered.version)) {
        return ERROR(MANIFEST, STRUCTURE);
    }
    for (size_t index = 0; index < covered.version.size; index++) {
        manifest.version[index] = (char)covered.version.data[index];
    }
    *out = manifest;
    return ERROR_NONE;
}

struct error manifest_verify_signature(struct span envelope)
{
    struct manifest manifest;
    struct manifest_signed covered;
    TRY(manifest_parse_signed(envelope, &manifest, &covered));
    struct error error = ecdsa_p256_verify(&manifest.signer, &covered.digest, &covered.signature);
    return error_is_none(error) ? ERROR_NONE : ERROR(MANIFEST, SIGNATURE);
}

struct error manifest_check(const struct manifest *manifest, const struct manifest_policy *policy)
{
    if (!keyset_contains(policy->keyset, &manifest->signer)) {
        return ERROR(MANIFEST, SIGNER);
    }
    if (!span_equal(SPAN_OF(manifest->vendor.bytes), SPAN_OF(policy->vendor->bytes))) {
        return ERROR(MANIFEST, VENDOR);
    }
    if (!span_equal(SPAN_OF(manifest->device_class.bytes), SPAN_OF(policy->device_class->bytes))) {
        return ERROR(MANIFEST, CLASS);
    }
    if (manifest->component != policy->component) {
        return ERROR(MANIFEST, COMPONENT);
    }
    if (manifest->sequence < policy->sequence_min ||
        manifest->sequence < policy->keyset->sequence_min[policy->component]) {
        return ERROR(MANIFEST, ROLLBACK);
    }
    if (manifest->image_size_bytes == 0 || manifest->image_size_bytes > policy->image_size_bytes_max) {
        return ERROR(MANIFEST, SIZE);
    }
    return ERROR_NONE;
}
