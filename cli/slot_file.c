#include "cli/slot_file.h"

#include "formats/cose/cose.h"

enum keyset_kind slot_file_keyset_kind(enum component component)
{
    return component == COMPONENT_APP ? KEYSET_APP : KEYSET_RELEASE;
}

struct error slot_file_read_keyset(struct span bytes, enum keyset_kind kind, struct keyset *keyset,
                                   struct ecdsa_p256_public_key *root)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(bytes, COSE_CONTENT_TYPE_KEYSET, &object));
    struct sha256_digest root_digest = sha256_of(SPAN_OF(object.signer.bytes));
    TRY(keyset_parse(bytes, kind, &root_digest, keyset));
    *root = object.signer;
    return ERROR_NONE;
}

static struct error take_apart(struct slot_file *file)
{
    struct span contents = span_of_buffer(&file->contents);
    if (contents.size <= SLOT_HEADER_SIZE_BYTES) {
        return ERROR(BOOT, SLOT_FORMAT);
    }
    TRY(slot_header_parse(span_of(contents.data, SLOT_HEADER_SIZE_BYTES), &file->header));
    file->image = span_of(contents.data + SLOT_HEADER_SIZE_BYTES, contents.size - SLOT_HEADER_SIZE_BYTES);
    TRY(manifest_parse(file->header.manifest, &file->manifest));
    return slot_file_read_keyset(file->header.keyset, slot_file_keyset_kind(file->manifest.component), &file->keyset,
                                 &file->root);
}

struct outcome slot_file_open(const char *path, struct slot_file *out)
{
    struct slot_file file = {0};
    PROCEED(file_read(path, SLOT_FILE_SIZE_BYTES_MAX, &file.contents));
    struct error error = take_apart(&file);
    if (!error_is_none(error)) {
        file_forget(&file.contents);
        return outcome_of_error(error, "%s is not a signed image; make one with 'sopris image sign'", path);
    }
    *out = file;
    return OUTCOME_OK;
}

void slot_file_close(struct slot_file *file)
{
    file_forget(&file->contents);
}

static struct error check_image(const struct slot_file *file)
{
    struct sha256_digest digest = sha256_of(file->image);
    bool same = file->image.size == file->manifest.image_size_bytes &&
                span_equal(SPAN_OF(digest.bytes), SPAN_OF(file->manifest.image_digest.bytes));
    return same ? ERROR_NONE : ERROR(MANIFEST, IMAGE_DIGEST);
}

void slot_file_verify(const struct slot_file *file, struct slot_file_verdict *verdict)
{
    verdict->keyset_signature = keyset_verify_signature(file->header.keyset);
    verdict->manifest_signature = manifest_verify_signature(file->header.manifest);
    verdict->signer =
        keyset_contains(&file->keyset, &file->manifest.signer) ? ERROR_NONE : ERROR(MANIFEST, SIGNER);
    verdict->image_digest = check_image(file);
}

struct outcome slot_file_check(const char *path, const struct slot_file *file, enum component component)
{
    struct slot_file_verdict verdict;
    if (file->manifest.component != component) {
        return outcome_refused("%s is an image for '%s', not for '%s'", path, component_name(file->manifest.component),
                               component_name(component));
    }
    slot_file_verify(file, &verdict);
    PROCEED(outcome_of_error(verdict.keyset_signature, "%s", path));
    PROCEED(outcome_of_error(verdict.manifest_signature, "%s", path));
    PROCEED(outcome_of_error(verdict.signer, "%s", path));
    return outcome_of_error(verdict.image_digest, "%s", path);
}
