#include "service/core/release.h"

#include <string.h>

#include "crypto/sha256.h"
#include "service/core/keysets.h"
#include "service/process/process.h"

/* The maker whose root signed the key set; NULL: nobody we trust. */
static const struct trusted_maker *maker_of(const struct core *core, const struct sha256_digest *root)
{
    for (size_t index = 0; index < core->trust.maker_count; index++) {
        const struct trusted_maker *maker = &core->trust.makers[index];
        if (memcmp(maker->root_digest.bytes, root->bytes, sizeof root->bytes) == 0) {
            return maker;
        }
    }
    return NULL;
}

/* An app is the owner's, for devices of any maker whom the owner trusts and who said what he makes. */
static struct error check_app_identity(const struct core *core, const struct manifest *manifest)
{
    struct error error = ERROR_NONE;
    for (size_t index = 0; index < core->trust.maker_count; index++) {
        const struct trusted_maker *maker = &core->trust.makers[index];
        if (!maker->has_identity) {
            return ERROR_NONE;
        }
        bool is_vendor = memcmp(maker->vendor.bytes, manifest->vendor.bytes, UUID_SIZE_BYTES) == 0;
        bool is_class = memcmp(maker->device_class.bytes, manifest->device_class.bytes, UUID_SIZE_BYTES) == 0;
        if (is_vendor && is_class) {
            return ERROR_NONE;
        }
        error = is_vendor || error_is(error, ERROR_CODE_MANIFEST_CLASS) ? ERROR(MANIFEST, CLASS)
                                                                       : ERROR(MANIFEST, VENDOR);
    }
    return error;
}

static struct error check_file(const struct core *core, const struct image_file *file, bool with_image,
                               uint32_t generation_min)
{
    struct sha256_digest root = sha256_of(SPAN_OF(file->root.bytes));
    struct image_file_policy policy = {.root = &core->policy.owner_root_digest, .generation_min = generation_min};
    if (file->keyset.kind == KEYSET_RELEASE) {
        const struct trusted_maker *maker = maker_of(core, &root);
        if (maker == NULL) {
            return ERROR(KEYSET, ROOT);
        }
        policy.root = &maker->root_digest;
        policy.vendor = maker->has_identity ? &maker->vendor : NULL;
        policy.device_class = maker->has_identity ? &maker->device_class : NULL;
    }
    for (int index = 0; index < IMAGE_FILE_CHECK_COUNT; index++) {
        enum image_file_check check = (enum image_file_check)index;
        if (check == IMAGE_FILE_CHECK_VENDOR && file->keyset.kind == KEYSET_APP) {
            TRY(check_app_identity(core, &file->manifest));
        } else if (check != IMAGE_FILE_CHECK_IMAGE || with_image) {
            TRY(image_file_check(file, &policy, check));
        }
    }
    return ERROR_NONE;
}

struct error release_enter(struct core *core, const struct image_file *file, bool with_image,
                           struct release_record *release, struct error *verdict)
{
    const struct manifest *manifest = &file->manifest;
    const struct sha256_digest root = sha256_of(SPAN_OF(file->root.bytes));
    uint32_t generation_min = 0;
    TRY(keysets_generation_min(core, file->keyset.kind, &root, &generation_min));
    *verdict = check_file(core, file, with_image, generation_min);
    if (!error_is_none(*verdict)) {
        return ERROR_NONE;
    }
    *release = (struct release_record){
        .component = manifest->component,
        .sequence = manifest->sequence,
        .digest = manifest->image_digest,
        .authority = sha256_of(SPAN_OF(manifest->signer.bytes)),
        .added_s = process_time_s(),
        .manifest = file->header.manifest,
    };
    memcpy(release->version, manifest->version, sizeof release->version);
    TRY(keysets_learn(core, &file->keyset, &root, file->header.keyset));
    return store_release_add(core->store, release);
}
