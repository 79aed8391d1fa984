/* Makes patches: for hosts only. Differences by suffix sorting as in bsdiff, compressed by liblzma.
 * source  docs/decisions/0024-patches.md */
#ifndef FORMATS_PATCH_PATCH_MAKE_H
#define FORMATS_PATCH_PATCH_MAKE_H

#include "formats/patch/patch.h"

/* The largest slot of the flash map. */
#define PATCH_IMAGE_SIZE_BYTES_MAX 0x60000

/* The caller's memory; its contents mean nothing outside of a call. */
struct patch_workspace {
    int32_t suffixes[PATCH_IMAGE_SIZE_BYTES_MAX];
    uint8_t instructions[2 * PATCH_IMAGE_SIZE_BYTES_MAX];
};

/* What a patch says besides the difference. */
struct patch_label {
    struct span keyset;
    struct span manifest;
    struct sha256_digest file_digest; /* of the image file that it stands for */
};

/* base, image  plain images, each of 1 to PATCH_IMAGE_SIZE_BYTES_MAX bytes
 * out          head and stream; with little room, for a patch that would not be worth it
 * errors       PATCH_STRUCTURE, CBOR_CAPACITY: it does not fit out */
MUST_USE struct error patch_make(const struct patch_label *label, struct span base, struct span image,
                                 struct patch_workspace *workspace, struct writer *out);
/* The instructions alone, uncompressed.  errors  CBOR_CAPACITY */
MUST_USE struct error patch_difference(struct span base, struct span image, int32_t *suffixes, struct writer *out);

#endif
