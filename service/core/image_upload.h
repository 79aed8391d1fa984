/* The image folder: files that devices fetch, each under the SHA-256 of its bytes. A file is gathered under another
 * name, read back, hashed and only then renamed, so that what has a digest for a name has that digest, also after a
 * crash. One upload at a time: the space that uploads can take is bounded.
 * source  docs/decisions/0020-image-upload.md */
#ifndef SERVICE_CORE_IMAGE_UPLOAD_H
#define SERVICE_CORE_IMAGE_UPLOAD_H

#include "base/error.h"
#include "base/span.h"
#include "crypto/sha256.h"
#include "service/config/config.h"

#define IMAGE_PATH_SIZE_BYTES (CONFIG_PATH_SIZE_BYTES + 80)

/* Where the file with this digest is or would be. */
void image_path(const char *images_dir, const struct sha256_digest *digest, char out[IMAGE_PATH_SIZE_BYTES]);
/* Adds bytes to the upload; offset 0 begins a new one.
 * errors  STORE_CONFLICT: the upload does not stand at this offset; STORE_IO */
MUST_USE struct error image_upload_append(const char *images_dir, uint64_t offset_bytes, struct span data);
/* Reads the whole upload back; out must have room for one byte more than the file is to have.  errors  STORE_IO */
MUST_USE struct error image_upload_read(const char *images_dir, struct buffer *out);
/* Gives the upload its name, durably.  errors  STORE_IO */
MUST_USE struct error image_upload_finish(const char *images_dir, const struct sha256_digest *digest);

#endif
