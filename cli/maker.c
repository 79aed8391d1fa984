#include "cli/maker.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/signing.h"
#include "cli/text.h"

#define OID_TCG_DICE_KP_ECA "2.23.133.5.4.100.12"
#define MAKER_FILE_SIZE_BYTES_MAX 4096

struct outcome maker_check_exists(const struct workspace *workspace, const char *name)
{
    if (!text_is_name(name)) {
        return outcome_usage("'%s' cannot be the name of a maker: " TEXT_NAME_RULE, name);
    }
    if (!file_exists(workspace_path(workspace, "makers/%s/maker.json", name).text)) {
        return outcome_refused("there is no maker '%s' in %s; make it with 'sopris maker new %s'", name,
                               workspace->folder.text, name);
    }
    return OUTCOME_OK;
}

struct outcome maker_load_identity(const struct workspace *workspace, const char *name,
                                   struct maker_identity *identity)
{
    PROCEED(maker_check_exists(workspace, name));
    struct file_path path = workspace_path(workspace, "makers/%s/maker.json", name);
    json_t *maker = json_load_file(path.text, JSON_REJECT_DUPLICATES, NULL);
    const char *vendor = json_string_value(json_object_get(maker, "vendor"));
    const char *device_class = json_string_value(json_object_get(maker, "class"));
    struct maker_identity loaded;
    bool ok = vendor != NULL && device_class != NULL && text_parse_uuid(vendor, loaded.vendor.bytes) &&
              text_parse_uuid(device_class, loaded.device_class.bytes);
    json_decref(maker);
    if (!ok) {
        return outcome_refused("%s does not name a vendor and a class as UUIDs", path.text);
    }
    *identity = loaded;
    return OUTCOME_OK;
}

struct outcome maker_root_digest(const struct workspace *workspace, const char *name, struct sha256_digest *digest)
{
    X509 *root = NULL;
    PROCEED(maker_check_exists(workspace, name));
    PROCEED(certificates_load(workspace_path(workspace, "makers/%s/root.crt", name).text, &root));
    struct outcome outcome = keys_digest(X509_get0_pubkey(root), digest);
    X509_free(root);
    return outcome;
}

struct outcome maker_certify(const struct workspace *workspace, const char *name,
                             const struct ecdsa_p256_public_key *device_id, const char *batch, X509 **certificate)
{
    struct ueid ueid;
    char common_name[2 * UEID_SIZE_BYTES + 1];
    char alternative_name[sizeof "URI:" IDENTITY_BATCH_URI_PREFIX + BATCH_SIZE_BYTES_MAX];
    ueid_of(device_id, &ueid);
    text_format_hex(SPAN_OF(ueid.bytes), common_name);
    snprintf(alternative_name, sizeof alternative_name, "URI:" IDENTITY_BATCH_URI_PREFIX "%s", batch);
    const struct certificate_profile profile = {
        .common_name = common_name,
        .subject_alternative_name = alternative_name,
        .lifetime_s = CERTIFICATES_FOR_EVER,
        .basic_constraints = "critical,CA:TRUE,pathlen:0",
        .key_usage = "critical,keyCertSign",
        .extended_key_usage = OID_TCG_DICE_KP_ECA,
    };
    EVP_PKEY *ca_key = NULL;
    EVP_PKEY *device_key = NULL;
    X509 *ca = NULL;
    PROCEED(maker_check_exists(workspace, name));
    PROCEED(keys_of_public(device_id, &device_key));
    struct outcome outcome = keys_load(workspace_path(workspace, "makers/%s/ca.key", name).text, &ca_key);
    if (outcome_is_ok(outcome)) {
        outcome = certificates_load(workspace_path(workspace, "makers/%s/ca.crt", name).text, &ca);
    }
    if (outcome_is_ok(outcome)) {
        outcome = certificates_issue(&profile, device_key, ca, ca_key, certificate);
    }
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(device_key);
    return outcome;
}

/* maker.json comes last: a folder without it is one whose making was interrupted, and is refused as no maker. */
static struct outcome write_identity(const struct workspace *workspace, const char *name,
                                     const struct maker_identity *identity)
{
    char vendor[TEXT_UUID_SIZE_BYTES];
    char device_class[TEXT_UUID_SIZE_BYTES];
    char text[256];
    text_format_uuid(identity->vendor.bytes, vendor);
    text_format_uuid(identity->device_class.bytes, device_class);
    int size = snprintf(text, sizeof text, "{\n  \"name\": \"%s\",\n  \"vendor\": \"%s\",\n  \"class\": \"%s\"\n}\n",
                        name, vendor, device_class);
    return file_create(workspace_path(workspace, "makers/%s/maker.json", name).text, span_of(text, (size_t)size),
                       FILE_PUBLIC);
}

static struct outcome write_root_and_ca(const struct workspace *workspace, const char *name, EVP_PKEY *root_key,
                                        EVP_PKEY *ca_key)
{
    char root_name[64];
    char ca_name[64];
    snprintf(root_name, sizeof root_name, "%s maker root", name);
    snprintf(ca_name, sizeof ca_name, "%s maker CA", name);
    /* Below the CA stands the DeviceID certificate, itself a CA for the attestation certificate: path length 1. */
    const struct certificate_profile root_profile = {.common_name = root_name,
                                                     .lifetime_s = CERTIFICATES_FOR_EVER,
                                                     .basic_constraints = "critical,CA:TRUE,pathlen:2",
                                                     .key_usage = "critical,keyCertSign,cRLSign"};
    const struct certificate_profile ca_profile = {.common_name = ca_name,
                                                   .lifetime_s = CERTIFICATES_FOR_EVER,
                                                   .basic_constraints = "critical,CA:TRUE,pathlen:1",
                                                   .key_usage = "critical,keyCertSign,cRLSign"};
    X509 *root = NULL;
    X509 *ca = NULL;
    struct outcome outcome = certificates_issue(&root_profile, root_key, NULL, root_key, &root);
    if (outcome_is_ok(outcome)) {
        outcome = certificates_issue(&ca_profile, ca_key, root, root_key, &ca);
    }
    if (outcome_is_ok(outcome)) {
        outcome = certificates_write(workspace_path(workspace, "makers/%s/root.crt", name).text, &root, 1, false);
    }
    if (outcome_is_ok(outcome)) {
        outcome = certificates_write(workspace_path(workspace, "makers/%s/ca.crt", name).text, &ca, 1, false);
    }
    X509_free(root);
    X509_free(ca);
    return outcome;
}

static struct outcome write_release_keyset(const struct workspace *workspace, const char *name, EVP_PKEY *root_key,
                                           EVP_PKEY *release_key)
{
    uint8_t keyset_bytes[KEYSET_SIZE_BYTES_MAX];
    struct writer keyset;
    writer_init(&keyset, keyset_bytes, sizeof keyset_bytes);
    PROCEED(signing_keyset(root_key, KEYSET_RELEASE, release_key, &keyset));
    return file_create(workspace_path(workspace, "makers/%s/release.keyset", name).text, writer_span(&keyset),
                       FILE_PUBLIC);
}

static struct outcome make_keys(const struct workspace *workspace, const char *name)
{
    static const char *const key_names[] = {"root", "ca", "release"};
    EVP_PKEY *keys[3] = {NULL, NULL, NULL};
    struct outcome outcome = OUTCOME_OK;
    for (size_t index = 0; outcome_is_ok(outcome) && index < 3; index++) {
        outcome = keys_create(workspace_path(workspace, "makers/%s/%s.key", name, key_names[index]).text, &keys[index]);
    }
    if (outcome_is_ok(outcome)) {
        outcome = write_root_and_ca(workspace, name, keys[0], keys[1]);
    }
    if (outcome_is_ok(outcome)) {
        outcome = write_release_keyset(workspace, name, keys[0], keys[2]);
    }
    for (size_t index = 0; index < 3; index++) {
        EVP_PKEY_free(keys[index]);
    }
    return outcome;
}

/* A random UUID (RFC 9562, version 4), unless the person gives one. */
static struct outcome choose_uuid(const struct invocation *invocation, const char *option, struct uuid *uuid)
{
    const char *text = invocation_option(invocation, option);
    if (text == NULL) {
        keys_random(uuid->bytes, sizeof uuid->bytes);
        uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0F) | 0x40);
        uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3F) | 0x80);
        return OUTCOME_OK;
    }
    if (!text_parse_uuid(text, uuid->bytes)) {
        return outcome_usage("%s must be a UUID such as 4d2f9f06-1c1b-4f0e-8a53-0a3f7bd9e6f1", option);
    }
    return OUTCOME_OK;
}

static struct outcome run_maker_new(const struct invocation *invocation)
{
    const struct workspace *workspace = &invocation->workspace;
    const char *name = invocation->positionals[0];
    struct maker_identity identity;
    if (!text_is_name(name)) {
        return outcome_usage("'%s' cannot be the name of a maker: " TEXT_NAME_RULE, name);
    }
    PROCEED(choose_uuid(invocation, "--vendor", &identity.vendor));
    PROCEED(choose_uuid(invocation, "--class", &identity.device_class));
    PROCEED(file_make_folder(workspace_path(workspace, "makers/%s", name).text));
    PROCEED(make_keys(workspace, name));
    PROCEED(write_identity(workspace, name, &identity));

    struct sha256_digest digest;
    char digest_text[65];
    char vendor[TEXT_UUID_SIZE_BYTES];
    char device_class[TEXT_UUID_SIZE_BYTES];
    PROCEED(maker_root_digest(workspace, name, &digest));
    text_format_hex(SPAN_OF(digest.bytes), digest_text);
    text_format_uuid(identity.vendor.bytes, vendor);
    text_format_uuid(identity.device_class.bytes, device_class);
    json_t *record = json_pack("{s:s, s:s, s:s, s:s, s:s}", "maker", name, "folder",
                               workspace_path(workspace, "makers/%s", name).text, "root digest", digest_text, "vendor",
                               vendor, "class", device_class);
    output_record(invocation->format, record);
    json_decref(record);
    if (invocation->format == OUTPUT_TABLE) {
        printf("next: build and sign images with 'sopris image build' and 'sopris image sign --maker %s'\n", name);
    }
    return OUTCOME_OK;
}

const struct command maker_new_command = {
    .group = "maker",
    .name = "new",
    .arguments = "NAME",
    .summary = "make a maker: root, device CA, release key",
    .help = "Makes a maker of devices in makers/NAME: an offline root, the CA that certifies devices, the key that signs\n"
            "releases and the release key set of generation 1, signed by the root. Keep root.key offline afterwards: it\n"
            "is needed only for new key sets and for vouchers.\n\n"
            "  sopris maker new acme\n\n"
            "Next: 'sopris image build' and 'sopris image sign', then 'sopris board new'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_maker_new,
    .options = {{"--vendor", "UUID", "vendor id that fuses and manifests carry (default: random)", false},
                {"--class", "UUID", "device class that fuses and manifests carry (default: random)", false}},
};

static struct outcome run_maker_certify(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    const char *batch = invocation_option(invocation, "--batch");
    const char *out = invocation_option(invocation, "--out");
    struct ecdsa_p256_public_key device_id;
    X509 *certificate = NULL;
    if (!text_parse_hex(invocation_option(invocation, "--device-id"), device_id.bytes, sizeof device_id.bytes)) {
        return outcome_usage("--device-id must be 128 hexadecimal digits: the raw public key that the ROM prints");
    }
    if (!text_is_batch(batch)) {
        return outcome_usage("--batch cannot be that: " TEXT_BATCH_RULE);
    }
    PROCEED(maker_certify(&invocation->workspace, name, &device_id, batch, &certificate));
    struct outcome outcome = OUTCOME_OK;
    if (out != NULL) {
        outcome = certificates_write(out, &certificate, 1, false);
    } else {
        PEM_write_X509(stdout, certificate);
    }
    X509_free(certificate);
    return outcome;
}

const struct command maker_certify_command = {
    .group = "maker",
    .name = "certify",
    .arguments = "NAME",
    .summary = "certify a device's DeviceID key",
    .help = "Issues the certificate of a device: X.509 by the maker's CA over the DeviceID key, which only the device's\n"
            "ROM can derive. 'sopris board new' does this for emulated boards; use this command on a production line.\n\n"
            "  sopris maker certify acme --device-id 04f1...9c --batch 2026-11 --out device.crt\n\n"
            "Next: write the certificate and the maker's ca.crt into the device's provisioning region.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_maker_certify,
    .options = {{"--device-id", "HEX", "raw public key, 64 bytes, as the ROM prints it", true},
                {"--batch", "BATCH", "production batch, by which vouchers may assign devices", true},
                {"--out", "FILE", "where to write the certificate (default: standard output)", false}},
};
