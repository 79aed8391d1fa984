/* Looking into signed images, and judging them as a device would. */
#include <jansson.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/image_record.h"
#include "cli/keys.h"
#include "cli/maker.h"
#include "cli/slot_file.h"
#include "cli/text.h"

static const char *verdict_text(struct error error)
{
    return error_is_none(error) ? "good" : error_name(error);
}

static json_t *describe_manifest(const struct manifest *manifest)
{
    char vendor[TEXT_UUID_SIZE_BYTES];
    char device_class[TEXT_UUID_SIZE_BYTES];
    char digest[65];
    char signer[129];
    text_format_uuid(manifest->vendor.bytes, vendor);
    text_format_uuid(manifest->device_class.bytes, device_class);
    text_format_hex(SPAN_OF(manifest->image_digest.bytes), digest);
    text_format_hex(SPAN_OF(manifest->signer.bytes), signer);
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:s, s:s}", "component", component_name(manifest->component),
                     "sequence", (json_int_t)manifest->sequence, "version", manifest->version, "vendor", vendor,
                     "class", device_class, "size", (json_int_t)manifest->image_size_bytes, "digest", digest, "signer",
                     signer);
}

static json_t *describe_keyset(const struct image_file *file)
{
    char root[65];
    char key[129];
    struct sha256_digest root_digest = sha256_of(SPAN_OF(file->root.bytes));
    text_format_hex(SPAN_OF(root_digest.bytes), root);
    json_t *keys = json_array();
    for (size_t index = 0; index < file->keyset.key_count; index++) {
        text_format_hex(SPAN_OF(file->keyset.keys[index].bytes), key);
        json_array_append_new(keys, json_string(key));
    }
    return json_pack("{s:s, s:I, s:s, s:o, s:I}", "kind", file->keyset.kind == KEYSET_APP ? "app" : "release",
                     "generation", (json_int_t)file->keyset.generation, "root", root, "keys", keys, "floor",
                     (json_int_t)file->keyset.sequence_min[file->manifest.component]);
}

/* What the policy leaves open is no check and is not called good. */
static bool is_judged(const struct image_file_policy *policy, enum image_file_check check)
{
    switch (check) {
    case IMAGE_FILE_CHECK_ROOT:
        return policy->root != NULL;
    case IMAGE_FILE_CHECK_GENERATION:
        return policy->generation_min > 0;
    case IMAGE_FILE_CHECK_VENDOR:
        return policy->vendor != NULL;
    case IMAGE_FILE_CHECK_CLASS:
        return policy->device_class != NULL;
    case IMAGE_FILE_CHECK_COMPONENT:
        return policy->component != 0;
    default:
        return true;
    }
}

static json_t *describe_checks(const struct image_file *file, const struct image_file_policy *policy)
{
    json_t *checks = json_object();
    for (int index = 0; index < IMAGE_FILE_CHECK_COUNT; index++) {
        enum image_file_check check = (enum image_file_check)index;
        const char *text = is_judged(policy, check) ? verdict_text(image_file_check(file, policy, check))
                                                    : "not checked";
        json_object_set_new(checks, image_file_check_text(check), json_string(text));
    }
    return checks;
}

/* Shows the file and ends as its verdict does. */
static struct outcome show(const struct invocation *invocation, const char *path,
                           const struct image_file_policy *policy)
{
    struct slot_file file;
    PROCEED(slot_file_open(path, &file));
    json_t *record = json_pack("{s:s, s:o, s:o, s:o}", "file", path, "manifest",
                               describe_manifest(&file.parts.manifest), "key set", describe_keyset(&file.parts),
                               "checks", describe_checks(&file.parts, policy));
    output_record(invocation->format, record);
    json_decref(record);
    struct outcome outcome = slot_file_check(path, &file, policy);
    slot_file_close(&file);
    return outcome;
}

static struct outcome run_image_show(const struct invocation *invocation)
{
    return show(invocation, invocation->positionals[0], &(struct image_file_policy){0});
}

const struct command image_show_command = {
    .group = "image",
    .name = "show",
    .arguments = "FILE",
    .summary = "show a signed image and check it",
    .help = "Shows everything in a signed image: manifest, key set, who signed what; and checks signatures and digest.\n"
            "Whether the root is one that a device trusts is not looked at: 'sopris image verify' does that.\n\n"
            "  sopris image show base.img\n\n"
            "Ends with 1 if a device would refuse the file whatever its root.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_image_show,
};

/* Roots, vendor and class that --maker, --owner or the other options name. */
struct demands {
    struct image_file_policy policy;
    struct sha256_digest root;
    struct uuid vendor;
    struct uuid device_class;
};

static struct outcome root_of_certificate(const char *path, struct sha256_digest *digest)
{
    X509 *certificate = NULL;
    PROCEED(certificates_load(path, &certificate));
    struct outcome outcome = keys_digest(X509_get0_pubkey(certificate), digest);
    X509_free(certificate);
    return outcome;
}

static struct outcome read_root(const struct invocation *invocation, struct demands *demands)
{
    const char *maker = invocation_option(invocation, "--maker");
    const char *root = invocation_option(invocation, "--root");
    bool owner = invocation_option(invocation, "--owner") != NULL;
    if ((maker != NULL) + (root != NULL) + owner != 1) {
        return outcome_usage("say which root devices trust: --maker NAME, --owner, or --root FILE or DIGEST");
    }
    demands->policy.root = &demands->root;
    if (maker != NULL) {
        struct maker_identity identity;
        PROCEED(maker_load_identity(&invocation->workspace, maker, &identity));
        demands->vendor = identity.vendor;
        demands->device_class = identity.device_class;
        demands->policy.vendor = &demands->vendor;
        demands->policy.device_class = &demands->device_class;
        return maker_root_digest(&invocation->workspace, maker, &demands->root);
    }
    if (root != NULL && text_parse_hex(root, demands->root.bytes, sizeof demands->root.bytes)) {
        return OUTCOME_OK;
    }
    return root_of_certificate(owner ? workspace_path(&invocation->workspace, "owner/root.crt").text : root,
                               &demands->root);
}

static struct outcome read_uuid(const struct invocation *invocation, const char *option, struct uuid *uuid,
                                const struct uuid **demanded)
{
    const char *text = invocation_option(invocation, option);
    if (text == NULL) {
        return OUTCOME_OK;
    }
    if (!text_parse_uuid(text, uuid->bytes)) {
        return outcome_usage("%s must be a UUID such as 4d2f9f06-1c1b-4f0e-8a53-0a3f7bd9e6f1", option);
    }
    *demanded = uuid;
    return OUTCOME_OK;
}

static struct outcome run_image_verify(const struct invocation *invocation)
{
    struct demands demands = {0};
    uint64_t generation = 0;
    uint64_t sequence = 0;
    const char *component = invocation_option(invocation, "--component");
    PROCEED(read_root(invocation, &demands));
    PROCEED(read_uuid(invocation, "--vendor", &demands.vendor, &demands.policy.vendor));
    PROCEED(read_uuid(invocation, "--class", &demands.device_class, &demands.policy.device_class));
    if (component != NULL && !image_record_component(component, &demands.policy.component)) {
        return outcome_usage("--component is 'monitor', 'base' or 'app'");
    }
    PROCEED(invocation_number(invocation, "--generation-min", 1, UINT32_MAX, 0, &generation));
    PROCEED(invocation_number(invocation, "--sequence-min", 1, UINT32_MAX, 0, &sequence));
    demands.policy.generation_min = (uint32_t)generation;
    demands.policy.sequence_min = (uint32_t)sequence;
    return show(invocation, invocation->positionals[0], &demands.policy);
}

const struct command image_verify_command = {
    .group = "image",
    .name = "verify",
    .arguments = "FILE",
    .summary = "judge a signed image as a device would",
    .help = "Checks a signed image in the order in which a device does, and says of each check whether it is good, which\n"
            "error it gives, or that nothing was demanded: root, signature and generation of the key set; signer, vendor,\n"
            "class, component, sequence number, size and signature of the manifest; the image itself. The service does\n"
            "the same when the image is published, and refuses with the same codes.\n\n"
            "  sopris image verify base.img --maker acme --component base --sequence-min 4\n"
            "  sopris image verify app.img --root owner-root.crt --generation-min 2\n\n"
            "Ends with 1 and the first fault if a device would refuse the file.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_image_verify,
    .options = {{"--maker", "NAME", "root, vendor and class of this maker (monitor, base)", false},
                {"--owner", NULL, "root of this workspace's owner (app)", false},
                {"--root", "FILE|HEX", "root certificate, or the SHA-256 of its raw key as in fuses", false},
                {"--vendor", "UUID", "vendor of the device", false},
                {"--class", "UUID", "class of the device", false},
                {"--component", "NAME", "monitor, base or app", false},
                {"--generation-min", "N", "generation of the key set that the device has reached", false},
                {"--sequence-min", "N", "lowest sequence number that the device accepts", false}},
};
