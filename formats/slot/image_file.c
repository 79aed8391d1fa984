#include "formats/slot/image_file.h"

#include "formats/cose/cose.h"

enum keyset_kind image_file_keyset_kind(enum component component)
{
    return component == COMPONENT_APP ? KEYSET_APP : KEYSET_RELEASE;
}

struct error image_file_read_keyset(struct span bytes, enum keyset_kind kind, struct keyset *keyset,
                                    struct ecdsa_p256_public_key *root)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(bytes, COSE_CONTENT_TYPE_KEYSET, &object));
    struct sha256_digest root_digest = sha256_of(SPAN_OF(object.signer.bytes));
    TRY(keyset_parse(bytes, kind, &root_digest, keyset));
    *root = object.signer;
    return ERROR_NONE;
}

struct error image_file_of(const struct slot_header *header, struct span image, struct image_file *out)
{
    struct image_file file = {.header = *header, .image = image};
    TRY(manifest_parse(header->manifest, &file.manifest));
    TRY(image_file_read_keyset(header->keyset, image_file_keyset_kind(file.manifest.component), &file.keyset,
                               &file.root));
    *out = file;
    return ERROR_NONE;
}

struct error image_file_parse(struct span contents, struct image_file *out)
{
    struct slot_header header;
    if (contents.size <= SLOT_HEADER_SIZE_BYTES || contents.size > IMAGE_FILE_SIZE_BYTES_MAX) {
        return ERROR(BOOT, SLOT_FORMAT);
    }
    TRY(slot_header_parse(span_of(contents.data, SLOT_HEADER_SIZE_BYTES), &header));
    return image_file_of(&header, span_of(contents.data + SLOT_HEADER_SIZE_BYTES,
                                          contents.size - SLOT_HEADER_SIZE_BYTES), out);
}

static bool is_demanded(const struct uuid *demanded, const struct uuid *found)
{
    return demanded == NULL || span_equal(SPAN_OF(demanded->bytes), SPAN_OF(found->bytes));
}

static struct error check_root(const struct image_file *file, const struct image_file_policy *policy)
{
    struct sha256_digest digest = sha256_of(SPAN_OF(file->root.bytes));
    bool ok = policy->root == NULL || span_equal(SPAN_OF(digest.bytes), SPAN_OF(policy->root->bytes));
    return ok ? ERROR_NONE : ERROR(KEYSET, ROOT);
}

/* T-05: below the floor of its key set, or below the caller's, it was withdrawn. */
static struct error check_sequence(const struct image_file *file, const struct image_file_policy *policy)
{
    uint32_t sequence = file->manifest.sequence;
    bool ok = sequence >= file->keyset.sequence_min[file->manifest.component] && sequence >= policy->sequence_min;
    return ok ? ERROR_NONE : ERROR(MANIFEST, ROLLBACK);
}

static struct error check_size(const struct manifest *manifest)
{
    static const uint32_t slot_sizes_bytes[COMPONENT_COUNT + 1] = {
        [COMPONENT_MONITOR] = SLOT_MONITOR_SIZE_BYTES,
        [COMPONENT_BASE] = SLOT_BASE_SIZE_BYTES,
        [COMPONENT_APP] = SLOT_APP_SIZE_BYTES,
    };
    uint32_t size_bytes_max = slot_sizes_bytes[manifest->component] - SLOT_HEADER_SIZE_BYTES;
    bool ok = manifest->image_size_bytes > 0 && manifest->image_size_bytes <= size_bytes_max;
    return ok ? ERROR_NONE : ERROR(MANIFEST, SIZE);
}

static struct error check_image(const struct image_file *file)
{
    if (file->image.size != file->manifest.image_size_bytes) {
        return file->image.size < file->manifest.image_size_bytes ? ERROR(MANIFEST, TRUNCATED)
                                                                  : ERROR(MANIFEST, TRAILING);
    }
    struct sha256_digest digest = sha256_of(file->image);
    bool same = span_equal(SPAN_OF(digest.bytes), SPAN_OF(file->manifest.image_digest.bytes));
    return same ? ERROR_NONE : ERROR(MANIFEST, IMAGE_DIGEST);
}

struct error image_file_check(const struct image_file *file, const struct image_file_policy *policy,
                              enum image_file_check check)
{
    const struct manifest *manifest = &file->manifest;
    switch (check) {
    case IMAGE_FILE_CHECK_ROOT:
        return check_root(file, policy);
    case IMAGE_FILE_CHECK_KEYSET_SIGNATURE:
        return keyset_verify_signature(file->header.keyset);
    case IMAGE_FILE_CHECK_GENERATION:
        return file->keyset.generation >= policy->generation_min ? ERROR_NONE : ERROR(KEYSET, GENERATION);
    case IMAGE_FILE_CHECK_SIGNER:
        return keyset_contains(&file->keyset, &manifest->signer) ? ERROR_NONE : ERROR(MANIFEST, SIGNER);
    case IMAGE_FILE_CHECK_VENDOR:
        return is_demanded(policy->vendor, &manifest->vendor) ? ERROR_NONE : ERROR(MANIFEST, VENDOR);
    case IMAGE_FILE_CHECK_CLASS:
        return is_demanded(policy->device_class, &manifest->device_class) ? ERROR_NONE : ERROR(MANIFEST, CLASS);
    case IMAGE_FILE_CHECK_COMPONENT:
        return policy->component == 0 || policy->component == manifest->component ? ERROR_NONE
                                                                                  : ERROR(MANIFEST, COMPONENT);
    case IMAGE_FILE_CHECK_SEQUENCE:
        return check_sequence(file, policy);
    case IMAGE_FILE_CHECK_SIZE:
        return check_size(manifest);
    case IMAGE_FILE_CHECK_MANIFEST_SIGNATURE:
        return manifest_verify_signature(file->header.manifest);
    case IMAGE_FILE_CHECK_IMAGE:
        return check_image(file);
    case IMAGE_FILE_CHECK_COUNT:
        break;
    }
    return ERROR(MANIFEST, STRUCTURE);
}

const char *image_file_check_text(enum image_file_check check)
{
    static const char *const texts[IMAGE_FILE_CHECK_COUNT] = {
        [IMAGE_FILE_CHECK_ROOT] = "key set root",
        [IMAGE_FILE_CHECK_KEYSET_SIGNATURE] = "key set signature",
        [IMAGE_FILE_CHECK_GENERATION] = "key set generation",
        [IMAGE_FILE_CHECK_SIGNER] = "signer in key set",
        [IMAGE_FILE_CHECK_VENDOR] = "vendor",
        [IMAGE_FILE_CHECK_CLASS] = "class",
        [IMAGE_FILE_CHECK_COMPONENT] = "component",
        [IMAGE_FILE_CHECK_SEQUENCE] = "sequence number",
        [IMAGE_FILE_CHECK_SIZE] = "size",
        [IMAGE_FILE_CHECK_MANIFEST_SIGNATURE] = "manifest signature",
        [IMAGE_FILE_CHECK_IMAGE] = "image digest",
    };
    return texts[check];
}

struct error image_file_verify(const struct image_file *file, const struct image_file_policy *policy)
{
    for (int check = 0; check < IMAGE_FILE_CHECK_COUNT; check++) {
        TRY(image_file_check(file, policy, (enum image_file_check)check));
    }
    return ERROR_NONE;
}
