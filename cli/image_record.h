/* Unsigned record of an image: what is to be signed, in JSON, so that the person who signs can read it first.
 * It names the image file and its digest; signing reads the file again and refuses another. */
#ifndef CLI_IMAGE_RECORD_H
#define CLI_IMAGE_RECORD_H

#include "cli/file.h"
#include "formats/manifest/manifest.h"

struct image_record {
    struct manifest manifest; /* all but the signer */
    struct file_path image;
};

MUST_USE struct outcome image_record_write(const char *path, const struct image_record *record);
/* Reads the record and the image that it names; refused if the image is not the recorded one.
 * The caller forgets *image. */
MUST_USE struct outcome image_record_read(const char *path, struct image_record *record, struct buffer *image);
/* "monitor", "base" or "app". */
bool image_record_component(const char *name, enum component *component);

#endif
