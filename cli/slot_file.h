/* Image file: exactly the bytes of a slot (device/abi/slot.h), header block then image, so that writing a slot is
 * copying the file. */
#ifndef CLI_SLOT_FILE_H
#define CLI_SLOT_FILE_H

#include "cli/file.h"
#include "device/abi/slot.h"
#include "formats/identity/keyset.h"
#include "formats/manifest/manifest.h"

#define SLOT_FILE_SIZE_BYTES_MAX 0x60000

/* Everything that the file says of itself. Spans borrow from contents. */
struct slot_file {
    struct buffer contents;
    struct slot_header header;
    struct span image;
    struct manifest manifest;
    struct keyset keyset;
    struct ecdsa_p256_public_key root; /* the key that the key set names as its signer */
};

/* What a device would find wrong with the file, apart from roots, floors and vendor: ERROR_NONE or the first fault. */
struct slot_file_verdict {
    struct error keyset_signature;
    struct error manifest_signature;
    struct error signer;
    struct error image_digest;
};

/* Reads and takes apart; verifies nothing. The caller closes it. */
MUST_USE struct outcome slot_file_open(const char *path, struct slot_file *out);
void slot_file_close(struct slot_file *file);
void slot_file_verify(const struct slot_file *file, struct slot_file_verdict *verdict);
/* OK if the whole verdict is good and the file is for this component; else refused with the reason. */
MUST_USE struct outcome slot_file_check(const char *path, const struct slot_file *file, enum component component);
/* Key sets of the app are the owner's, those of monitor and base the maker's. */
enum keyset_kind slot_file_keyset_kind(enum component component);
/* Takes a key set apart without knowing which root to trust; root gets the key that it names.
 * errors  as keyset_parse */
MUST_USE struct error slot_file_read_keyset(struct span bytes, enum keyset_kind kind, struct keyset *keyset,
                                            struct ecdsa_p256_public_key *root);

#endif
