/* The image folder: files that devices fetch, each under the SHA-256 of its bytes. A file is gathered under another
 * name, read back, hashed and only then renamed, so that what has a digest for a name has that digest, also after a
 * crash. One upload at a time: the space that uploads can take is bounded.
 * source  docs/decisions/0020-image-upload.md */
#ifndef SERVICE_CORE_IMAGE_FILE_H
#define SERVICE_CORE_IMAGE_FILE_H

#include "base/error.h"
#include "base/span.h"
#include "crypto/sha256.h"

/* Header block, then the image: docs/protocol/slot.md. The largest slot of the flash map. */
#define IMAGE_FILE_HEADER_SIZE_BYTES 4096
#define IMAGE_FILE_SIZE_BYTES_MAX 0x60000

struct image_file {
    struct span keyset;
    struct span manifest;
    struct span image;
};

/* Takes a whole file apart; spans borrow from it.  errors  BOOT_SLOT_FORMAT */
MUST_USE struct error image_file_parse(struct span contents, struct image_file *out);
/* Adds bytes to the upload; offset 0 begins a new one.
 * errors  STORE_CONFLICT: the upload does not stand at this offset; STORE_IO */
MUST_USE struct error image_upload_append(const char *images_dir, uint64_t offset_bytes, struct span data);
/* Reads the whole upload back; out must have room for one byte more than the file is to have.  errors  STORE_IO */
MUST_USE struct error image_upload_read(const char *images_dir, struct buffer *out);
/* Gives the upload its name, durably.  errors  STORE_IO */
MUST_USE struct error image_upload_finish(const char *images_dir, const struct sha256_digest *digest);

#endif
