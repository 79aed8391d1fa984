#include "tests/boot/slot_builder.h"

#include <string.h>

#include "base/ensure.h"
#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"

struct key_pair {
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
};

static void must(struct error error)
{
    ENSURE(error_is_none(error));
}

static struct key_pair key_of(const char *name)
{
    struct key_pair pair;
    struct span secret = span_of(name, strlen(name));
    must(ecdsa_p256_derive_private(secret, span_of("boot test", 9), &pair.private_key));
    must(ecdsa_p256_public_of(&pair.private_key, &pair.public_key));
    return pair;
}

static void keyset_build(const struct slot_recipe *recipe, struct writer *out)
{
    struct keyset keyset = {.kind = recipe->kind, .generation = recipe->generation, .key_count = 1};
    keyset.keys[0] = key_of(recipe->keyset_key).public_key;
    keyset.sequence_min[COMPONENT_MONITOR] = recipe->sequence_min;
    uint8_t payload_bytes[KEYSET_SIZE_BYTES_MAX];
    struct writer payload;
    writer_init(&payload, payload_bytes, sizeof(payload_bytes));
    must(keyset_encode_payload(&keyset, &payload));
    struct key_pair root = key_of(recipe->root);
    must(cose_sign1_create(COSE_CONTENT_TYPE_KEYSET, &root.private_key, &root.public_key, writer_span(&payload),
                           SPAN_EMPTY, out));
}

/* Takes the signature out of a signed envelope: authentication wrapper [digest, signature] becomes [digest]. */
static void signature_remove(struct writer *envelope)
{
    uint8_t bytes[MANIFEST_SIZE_BYTES_MAX];
    memcpy(bytes, envelope->data, envelope->size);
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, span_of(bytes, envelope->size));
    uint64_t tag = cbor_read_tag(&cbor);
    cbor_expect_map(&cbor, 2);
    int64_t wrapper_key = cbor_read_int(&cbor);
    struct cbor_reader wrapper;
    cbor_reader_init(&wrapper, cbor_read_bytes(&cbor));
    cbor_expect_array(&wrapper, 2);
    struct span digest = cbor_read_bytes(&wrapper);
    int64_t manifest_key = cbor_read_int(&cbor);
    struct span manifest = cbor_read_bytes(&cbor);
    must(cbor_reader_finish(&cbor));

    uint8_t wrapper_bytes[64];
    struct writer wrapper_out;
    writer_init(&wrapper_out, wrapper_bytes, sizeof(wrapper_bytes));
    cbor_write_array(&wrapper_out, 1);
    cbor_write_bytes(&wrapper_out, digest);
    envelope->size = 0;
    cbor_write_tag(envelope, tag);
    cbor_write_map(envelope, 2);
    cbor_write_int(envelope, wrapper_key);
    cbor_write_bytes(envelope, writer_span(&wrapper_out));
    cbor_write_int(envelope, manifest_key);
    cbor_write_bytes(envelope, manifest);
}

static void manifest_build(const struct slot_recipe *recipe, struct span image, struct writer *out)
{
    struct key_pair signer = key_of(recipe->signer);
    struct manifest manifest = {
        .component = recipe->component,
        .sequence = recipe->sequence,
        .image_digest = sha256_of(image),
        .image_size_bytes = (uint32_t)image.size,
        .version = "test",
        .signer = signer.public_key,
    };
    memset(manifest.vendor.bytes, recipe->vendor, sizeof(manifest.vendor.bytes));
    memset(manifest.device_class.bytes, recipe->device_class, sizeof(manifest.device_class.bytes));
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    must(manifest_prepare(&manifest, &digest));
    must(ecdsa_p256_sign(&signer.private_key, &digest, SPAN_EMPTY, &signature));
    must(manifest_encode(&manifest, &signature, out));
    if (recipe->is_unsigned) {
        signature_remove(out);
    }
}

void slot_build(const struct slot_recipe *recipe, struct span image, struct writer *out)
{
    uint8_t keyset_bytes[KEYSET_SIZE_BYTES_MAX];
    uint8_t manifest_bytes[MANIFEST_SIZE_BYTES_MAX];
    struct writer keyset;
    struct writer manifest;
    writer_init(&keyset, keyset_bytes, sizeof(keyset_bytes));
    writer_init(&manifest, manifest_bytes, sizeof(manifest_bytes));
    keyset_build(recipe, &keyset);
    manifest_build(recipe, image, &manifest);
    struct slot_header header = {writer_span(&keyset), writer_span(&manifest)};
    must(slot_header_encode(&header, out));
    writer_bytes(out, image);
    ENSURE(writer_ok(out));
}

void slot_build_fuses(bool debug, struct writer *out)
{
    struct fuses fuses = {.debug = debug, .batch_size_bytes = 5, .batch = "BATCH"};
    struct key_pair root = key_of("maker");
    fuses.maker_root_digest = sha256_of(SPAN_OF(root.public_key.bytes));
    memset(fuses.vendor.bytes, SLOT_RECIPE_VENDOR, sizeof(fuses.vendor.bytes));
    memset(fuses.device_class.bytes, SLOT_RECIPE_CLASS, sizeof(fuses.device_class.bytes));
    must(fuses_encode(&fuses, out));
}
