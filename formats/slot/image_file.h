/* Image file: exactly the bytes of a slot, header block and image, as `sopris image sign` writes it and the service
 * stores it. The checks are those of a device, in its order; each fault has an error of its own.
 * source  docs/protocol/slot.md; threat T-04, T-05 */
#ifndef FORMATS_SLOT_IMAGE_FILE_H
#define FORMATS_SLOT_IMAGE_FILE_H

#include "formats/identity/keyset.h"
#include "formats/manifest/manifest.h"
#include "formats/slot/slot_header.h"

#define IMAGE_FILE_SIZE_BYTES_MAX SLOT_BASE_SIZE_BYTES

/* Everything that the file says of itself. Spans borrow from the contents. */
struct image_file {
    struct slot_header header;
    struct span image;
    struct manifest manifest;
    struct keyset keyset;
    struct ecdsa_p256_public_key root; /* the key that the key set names as its signer */
};

/* What is demanded of a file. Members that are NULL or 0 demand nothing. */
struct image_file_policy {
    const struct sha256_digest *root; /* of the raw key of the root that is trusted for this kind of key set */
    const struct uuid *vendor;
    const struct uuid *device_class;
    enum component component;
    uint32_t generation_min; /* of the key set */
    uint32_t sequence_min;   /* besides the floor that the key set carries */
};

/* In the order in which a device decides. */
enum image_file_check {
    IMAGE_FILE_CHECK_ROOT,
    IMAGE_FILE_CHECK_KEYSET_SIGNATURE,
    IMAGE_FILE_CHECK_GENERATION,
    IMAGE_FILE_CHECK_SIGNER,
    IMAGE_FILE_CHECK_VENDOR,
    IMAGE_FILE_CHECK_CLASS,
    IMAGE_FILE_CHECK_COMPONENT,
    IMAGE_FILE_CHECK_SEQUENCE,
    IMAGE_FILE_CHECK_SIZE,
    IMAGE_FILE_CHECK_MANIFEST_SIGNATURE,
    IMAGE_FILE_CHECK_IMAGE,
    IMAGE_FILE_CHECK_COUNT,
};

/* The kind of key set that an image of this component is signed under: apps are the owner's, the rest the maker's. */
enum keyset_kind image_file_keyset_kind(enum component component);
/* Takes a key set apart without knowing which root to trust; root gets the key that it names.
 * errors  as keyset_parse but for KEYSET_ROOT */
MUST_USE struct error image_file_read_keyset(struct span bytes, enum keyset_kind kind, struct keyset *keyset,
                                             struct ecdsa_p256_public_key *root);
/* Reads manifest and key set; image may be empty if it is not at hand. Errors as image_file_parse but for BOOT_*. */
MUST_USE struct error image_file_of(const struct slot_header *header, struct span image, struct image_file *out);
/* Takes a whole file apart; verifies nothing.
 * errors  BOOT_SLOT_EMPTY, BOOT_SLOT_FORMAT, of manifest_parse, of keyset_parse but for KEYSET_ROOT */
MUST_USE struct error image_file_parse(struct span contents, struct image_file *out);
/* One check of a file that was parsed.
 * errors  KEYSET_ROOT, _SIGNATURE, _GENERATION, MANIFEST_SIGNER, _VENDOR, _CLASS, _COMPONENT, _ROLLBACK, _SIZE,
 *         _SIGNATURE, _TRUNCATED, _TRAILING, _IMAGE_DIGEST */
MUST_USE struct error image_file_check(const struct image_file *file, const struct image_file_policy *policy,
                                       enum image_file_check check);
/* What a check is about, for people: "key set signature". */
const char *image_file_check_text(enum image_file_check check);
/* All checks; the first fault. */
MUST_USE struct error image_file_verify(const struct image_file *file, const struct image_file_policy *policy);

#endif
