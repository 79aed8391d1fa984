#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/image_record.h"
#include "cli/maker.h"
#include "cli/signing.h"
#include "cli/slot_file.h"
#include "cli/text.h"
#include "cli/token.h"
#include "device/abi/slot.h"

/* Vendor and class from --maker, or from --vendor and --class. */
static struct outcome read_identity(const struct invocation *invocation, struct manifest *manifest)
{
    const char *maker = invocation_option(invocation, "--maker");
    const char *vendor = invocation_option(invocation, "--vendor");
    const char *device_class = invocation_option(invocation, "--class");
    if (maker != NULL) {
        struct maker_identity identity;
        if (vendor != NULL || device_class != NULL) {
            return outcome_usage("give --maker, or --vendor and --class, not both");
        }
        PROCEED(maker_load_identity(&invocation->workspace, maker, &identity));
        manifest->vendor = identity.vendor;
        manifest->device_class = identity.device_class;
        return OUTCOME_OK;
    }
    if (vendor == NULL || device_class == NULL || !text_parse_uuid(vendor, manifest->vendor.bytes) ||
        !text_parse_uuid(device_class, manifest->device_class.bytes)) {
        return outcome_usage("say for which devices the image is: --maker NAME, or --vendor UUID and --class UUID");
    }
    return OUTCOME_OK;
}

static struct outcome read_image(const char *path, struct manifest *manifest)
{
    struct buffer image = {NULL, 0, 0};
    size_t size_max = slot_size_bytes(manifest->component) - SLOT_HEADER_SIZE_BYTES;
    PROCEED(file_read(path, size_max, &image));
    manifest->image_size_bytes = (uint32_t)image.size;
    manifest->image_digest = sha256_of(span_of_buffer(&image));
    file_forget(&image);
    return manifest->image_size_bytes > 0 ? OUTCOME_OK : outcome_refused("%s is empty", path);
}

static struct outcome run_image_build(const struct invocation *invocation)
{
    const char *version = invocation_option(invocation, "--version");
    const char *out = invocation_option(invocation, "--out");
    struct image_record record = {0};
    uint64_t sequence = 0;
    if (!image_record_component(invocation_option(invocation, "--component"), &record.manifest.component)) {
        return outcome_usage("--component is 'monitor', 'base' or 'app'");
    }
    if (version[0] == 0 || strlen(version) > MANIFEST_VERSION_SIZE_BYTES_MAX) {
        return outcome_usage("--version must have 1 to %d characters", MANIFEST_VERSION_SIZE_BYTES_MAX);
    }
    PROCEED(invocation_number(invocation, "--sequence", 1, UINT32_MAX, 1, &sequence));
    record.manifest.sequence = (uint32_t)sequence;
    snprintf(record.manifest.version, sizeof record.manifest.version, "%s", version);
    PROCEED(read_identity(invocation, &record.manifest));
    /* Absolute, since the record may be written elsewhere than where this runs. */
    char *absolute = realpath(invocation_option(invocation, "--image"), NULL);
    if (absolute == NULL) {
        return outcome_errno("%s cannot be opened", invocation_option(invocation, "--image"));
    }
    record.image = file_path_format("%s", absolute);
    free(absolute);
    PROCEED(read_image(record.image.text, &record.manifest));
    PROCEED(image_record_write(out, &record));
    if (invocation->format == OUTPUT_TABLE) {
        printf("wrote %s: %s %s, sequence %u, %u bytes, not signed yet\n"
               "next: 'sopris image sign %s --maker NAME' (monitor, base) or '--owner' (app)\n",
               out, component_name(record.manifest.component), version, record.manifest.sequence,
               record.manifest.image_size_bytes, out);
        return OUTCOME_OK;
    }
    json_t *written = json_load_file(out, 0, NULL);
    output_record(invocation->format, written);
    json_decref(written);
    return OUTCOME_OK;
}

const struct command image_build_command = {
    .group = "image",
    .name = "build",
    .arguments = "",
    .summary = "describe an image, ready to be signed",
    .help = "Writes the unsigned record of an image: what is going to be signed, in readable JSON. The sequence number\n"
            "orders the releases of a component; devices refuse one that is lower than the key set's floor.\n\n"
            "  sopris image build --component base --image base.bin --sequence 3 --version 0.3.0 \\\n"
            "      --maker acme --out base.suit\n\n"
            "Next: read base.suit, then 'sopris image sign base.suit --maker acme --out base.img'.",
    .run = run_image_build,
    .options = {{"--component", "NAME", "monitor, base or app", true},
                {"--image", "FILE", "the plain image, as the build makes it", true},
                {"--sequence", "N", "sequence number, from 1", true},
                {"--version", "TEXT", "version for people", true},
                {"--maker", "NAME", "take vendor and class from this maker", false},
                {"--vendor", "UUID", "vendor id, instead of --maker", false},
                {"--class", "UUID", "device class, instead of --maker", false},
                {"--out", "FILE", "where to write the record", true}},
};

/* Which key and key set sign. */
static struct outcome choose_key(const struct invocation *invocation, struct file_path *key, struct file_path *keyset)
{
    const char *maker = invocation_option(invocation, "--maker");
    const char *key_option = invocation_option(invocation, "--key");
    const char *keyset_option = invocation_option(invocation, "--keyset");
    bool owner = invocation_option(invocation, "--owner") != NULL;
    if ((maker != NULL) + (key_option != NULL) + owner != 1) {
        return outcome_usage("say who signs: --maker NAME, --owner, or --key FILE or pkcs11:URI");
    }
    if (maker != NULL) {
        PROCEED(maker_check_exists(&invocation->workspace, maker));
        *key = workspace_path(&invocation->workspace, "makers/%s/release.key", maker);
    } else {
        *key = owner ? workspace_path(&invocation->workspace, "owner/app.key") : file_path_format("%s", key_option);
    }
    if (token_is_uri(key->text) && keyset_option == NULL) {
        return outcome_usage("say with --keyset which key set goes with a key in a token");
    }
    size_t stem_size = strlen(key->text);
    if (stem_size > 4 && strcmp(key->text + stem_size - 4, ".key") == 0) {
        stem_size -= 4;
    }
    *keyset = keyset_option != NULL ? file_path_format("%s", keyset_option)
                                    : file_path_format("%.*s.keyset", (int)stem_size, key->text);
    return OUTCOME_OK;
}

static struct outcome check_signer(const struct manifest *manifest, const struct keyset *keyset, const char *path)
{
    if (!keyset_contains(keyset, &manifest->signer)) {
        return outcome_refused("the key is not a member of %s; devices would refuse the image", path);
    }
    uint32_t floor = keyset->sequence_min[manifest->component];
    if (manifest->sequence < floor) {
        return outcome_refused("sequence %u is below the floor %u of %s; devices would refuse the image",
                               manifest->sequence, floor, path);
    }
    return OUTCOME_OK;
}

/* The manifest is prepared, signed and encoded in separate steps, so that a token can take the place of the key file. */
static struct outcome sign_manifest(EVP_PKEY *key, struct manifest *manifest, struct span keyset_bytes,
                                    const char *keyset_path, struct writer *envelope)
{
    struct keyset keyset;
    struct ecdsa_p256_public_key root;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    PROCEED(keys_public(key, &manifest->signer));
    PROCEED(outcome_of_error(
        image_file_read_keyset(keyset_bytes, image_file_keyset_kind(manifest->component), &keyset, &root), "%s",
        keyset_path));
    PROCEED(check_signer(manifest, &keyset, keyset_path));
    PROCEED(outcome_of_error(manifest_prepare(manifest, &digest), "the manifest cannot be encoded"));
    PROCEED(signing_digest(key, &digest, &signature));
    return outcome_of_error(manifest_encode(manifest, &signature, envelope), "the manifest cannot be encoded");
}

static struct outcome write_slot_file(const char *path, struct span keyset, struct span manifest, struct span image)
{
    size_t capacity = SLOT_HEADER_SIZE_BYTES + image.size;
    uint8_t *bytes = malloc(capacity);
    struct writer writer;
    if (bytes == NULL) {
        return outcome_refused("there is not enough memory for %s", path);
    }
    writer_init(&writer, bytes, capacity);
    const struct slot_header header = {keyset, manifest};
    struct outcome outcome = outcome_of_error(slot_header_encode(&header, &writer), "%s", path);
    writer_bytes(&writer, image);
    if (outcome_is_ok(outcome)) {
        outcome = file_write(path, writer_span(&writer), FILE_PUBLIC);
    }
    free(bytes);
    return outcome;
}

static struct outcome sign_record(const char *record_path, const char *key_path, const char *keyset_path,
                                  const char *out, struct manifest *manifest)
{
    struct image_record record;
    struct buffer image = {NULL, 0, 0};
    struct buffer keyset = {NULL, 0, 0};
    EVP_PKEY *key = NULL;
    uint8_t envelope_bytes[MANIFEST_SIZE_BYTES_MAX];
    struct writer envelope;
    writer_init(&envelope, envelope_bytes, sizeof envelope_bytes);
    PROCEED(image_record_read(record_path, &record, &image));
    struct outcome outcome = file_read(keyset_path, KEYSET_SIZE_BYTES_MAX, &keyset);
    if (outcome_is_ok(outcome)) {
        outcome = keys_open(key_path, &key);
    }
    if (outcome_is_ok(outcome)) {
        outcome = sign_manifest(key, &record.manifest, span_of_buffer(&keyset), keyset_path, &envelope);
    }
    if (outcome_is_ok(outcome)) {
        outcome = write_slot_file(out, span_of_buffer(&keyset), writer_span(&envelope), span_of_buffer(&image));
    }
    *manifest = record.manifest;
    EVP_PKEY_free(key);
    file_forget(&keyset);
    file_forget(&image);
    return outcome;
}

static struct outcome run_image_sign(const struct invocation *invocation)
{
    const char *out = invocation_option(invocation, "--out");
    struct file_path key;
    struct file_path keyset;
    struct manifest manifest = {0};
    PROCEED(choose_key(invocation, &key, &keyset));
    PROCEED(sign_record(invocation->positionals[0], key.text, keyset.text, out, &manifest));
    if (invocation->format == OUTPUT_TABLE) {
        printf("wrote %s: %s %s, sequence %u, signed\nnext: 'sopris image show %s', 'sopris board new' or 'sopris "
               "release add %s'\n",
               out, component_name(manifest.component), manifest.version, manifest.sequence, out, out);
        return OUTCOME_OK;
    }
    json_t *record = json_pack("{s:s, s:s, s:I, s:s}", "image", out, "component", component_name(manifest.component),
                               "sequence", (json_int_t)manifest.sequence, "version", manifest.version);
    output_record(invocation->format, record);
    json_decref(record);
    return OUTCOME_OK;
}

const struct command image_sign_command = {
    .group = "image",
    .name = "sign",
    .arguments = "RECORD",
    .summary = "sign an image",
    .help = "Signs the image that a record of 'sopris image build' describes and writes one file with key set, manifest\n"
            "and image, exactly as a device's slot holds them. Monitor and base are the maker's to sign, apps the "
            "owner's.\n\n"
            "  sopris image sign base.suit --maker acme --out base.img\n"
            "  sopris image sign base.suit --key 'pkcs11:token=acme;object=release?pin-source=/run/pin' \\\n"
            "      --keyset release.keyset --out base.img\n\n"
            "Next: 'sopris board new' puts it into a board, 'sopris release add' makes it known to the service.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_image_sign,
    .options = {{"--maker", "NAME", "sign with this maker's release key", false},
                {"--owner", NULL, "sign with the owner's app key", false},
                {"--key", "FILE|URI", "sign with this key file, or with a key in a PKCS#11 token", false},
                {"--keyset", "FILE", "key set to go with it (default: KEY with the ending .keyset)", false},
                {"--out", "FILE", "where to write the signed image", true}},
};
