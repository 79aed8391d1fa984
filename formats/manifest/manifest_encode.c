#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"
#include "formats/manifest/manifest.h"
#include "formats/manifest/manifest_labels.h"

/* [-16, 32 bytes] */
#define DIGEST_SIZE_BYTES (1 + 1 + 2 + 32)

/* A part that is written on its own and then wrapped into a byte string. */
struct part {
    uint8_t bytes[512];
    struct writer writer;
};

static struct writer *part_start(struct part *part)
{
    writer_init(&part->writer, part->bytes, sizeof part->bytes);
    return &part->writer;
}

/* A part that overflowed makes the whole overflow. */
static void part_wrap(struct writer *out, const struct part *part)
{
    if (!writer_ok(&part->writer)) {
        out->failed = true;
    }
    cbor_write_bytes(out, writer_span(&part->writer));
}

static void digest_write(struct writer *out, const struct sha256_digest *digest)
{
    cbor_write_array(out, 2);
    cbor_write_int(out, SUIT_ALGORITHM_SHA256);
    cbor_write_bytes(out, SPAN_OF(digest->bytes));
}

static struct span name_of(enum component component)
{
    const char *name = component_name(component);
    size_t size_bytes = 0;
    while (name[size_bytes] != '\0') {
        size_bytes++;
    }
    return span_of(name, size_bytes);
}

static void component_identifier_write(struct writer *out, enum component component)
{
    cbor_write_array(out, 1);
    cbor_write_bytes(out, name_of(component));
}

static void common_write(struct writer *out, const struct manifest *manifest)
{
    struct part part;
    struct writer *sequence = part_start(&part);
    cbor_write_array(sequence, 6);
    cbor_write_int(sequence, SUIT_DIRECTIVE_OVERRIDE_PARAMETERS);
    cbor_write_map(sequence, 4);
    cbor_write_int(sequence, SUIT_PARAMETER_VENDOR_IDENTIFIER);
    cbor_write_bytes(sequence, SPAN_OF(manifest->vendor.bytes));
    cbor_write_int(sequence, SUIT_PARAMETER_CLASS_IDENTIFIER);
    cbor_write_bytes(sequence, SPAN_OF(manifest->device_class.bytes));
    cbor_write_int(sequence, SUIT_PARAMETER_IMAGE_DIGEST);
    cbor_write_bytes_head(sequence, DIGEST_SIZE_BYTES);
    digest_write(sequence, &manifest->image_digest);
    cbor_write_int(sequence, SUIT_PARAMETER_IMAGE_SIZE);
    cbor_write_uint(sequence, manifest->image_size_bytes);
    cbor_write_int(sequence, SUIT_CONDITION_VENDOR_IDENTIFIER);
    cbor_write_int(sequence, SUIT_REPORTING_POLICY);
    cbor_write_int(sequence, SUIT_CONDITION_CLASS_IDENTIFIER);
    cbor_write_int(sequence, SUIT_REPORTING_POLICY);
    cbor_write_map(out, 2);
    cbor_write_int(out, SUIT_COMPONENTS);
    cbor_write_array(out, 1);
    component_identifier_write(out, manifest->component);
    cbor_write_int(out, SUIT_SHARED_SEQUENCE);
    part_wrap(out, &part);
}

static void text_write(struct writer *out, const struct manifest *manifest)
{
    cbor_write_map(out, 1);
    cbor_write_text_literal(out, SUIT_TEXT_LANGUAGE);
    cbor_write_map(out, 1);
    component_identifier_write(out, manifest->component);
    cbor_write_map(out, 1);
    cbor_write_int(out, SUIT_TEXT_COMPONENT_VERSION);
    cbor_write_text_literal(out, manifest->version);
}

static void manifest_write(struct writer *out, const struct manifest *manifest)
{
    struct part part;
    cbor_write_map(out, 5);
    cbor_write_int(out, SUIT_MANIFEST_VERSION);
    cbor_write_int(out, 1);
    cbor_write_int(out, SUIT_MANIFEST_SEQUENCE_NUMBER);
    cbor_write_uint(out, manifest->sequence);
    cbor_write_int(out, SUIT_COMMON);
    common_write(part_start(&part), manifest);
    part_wrap(out, &part);
    cbor_write_int(out, SUIT_VALIDATE);
    struct writer *validate = part_start(&part);
    cbor_write_array(validate, 2);
    cbor_write_int(validate, SUIT_CONDITION_IMAGE_MATCH);
    cbor_write_int(validate, SUIT_REPORTING_POLICY);
    part_wrap(out, &part);
    cbor_write_int(out, SUIT_TEXT);
    text_write(part_start(&part), manifest);
    part_wrap(out, &part);
}

/* What the signature covers: the digest of the manifest as a byte string, encoded. */
static struct error signed_write(const struct manifest *manifest, struct part *wrapped, struct part *payload)
{
    struct part plain;
    size_t version_size_bytes = 0;
    while (version_size_bytes <= MANIFEST_VERSION_SIZE_BYTES_MAX && manifest->version[version_size_bytes] != '\0') {
        version_size_bytes++;
    }
    if (component_name(manifest->component) == NULL || version_size_bytes > MANIFEST_VERSION_SIZE_BYTES_MAX) {
        return ERROR(MANIFEST, STRUCTURE);
    }
    manifest_write(part_start(&plain), manifest);
    part_wrap(part_start(wrapped), &plain);
    if (!writer_ok(&wrapped->writer)) {
        return ERROR(CBOR, CAPACITY);
    }
    struct sha256_digest digest = sha256_of(writer_span(&wrapped->writer));
    digest_write(part_start(payload), &digest);
    return ERROR_NONE;
}

struct error manifest_prepare(const struct manifest *manifest, struct sha256_digest *digest)
{
    struct part wrapped;
    struct part payload;
    TRY(signed_write(manifest, &wrapped, &payload));
    return cose_sign1_prepare(NULL, &manifest->signer, writer_span(&payload.writer), digest);
}

struct error manifest_encode(const struct manifest *manifest, const struct ecdsa_p256_signature *signature,
                             struct writer *out)
{
    struct part wrapped;
    struct part payload;
    struct part block;
    struct part wrapper;
    TRY(signed_write(manifest, &wrapped, &payload));
    TRY(cose_sign1_encode(NULL, &manifest->signer, writer_span(&payload.writer), signature, part_start(&block)));
    cbor_write_array(part_start(&wrapper), 2);
    part_wrap(&wrapper.writer, &payload);
    part_wrap(&wrapper.writer, &block);
    cbor_write_tag(out, SUIT_TAG_ENVELOPE);
    cbor_write_map(out, 2);
    cbor_write_int(out, SUIT_AUTHENTICATION_WRAPPER);
    part_wrap(out, &wrapper);
    cbor_write_int(out, SUIT_MANIFEST);
    writer_bytes(out, writer_span(&wrapped.writer));
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
