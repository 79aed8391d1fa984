/* Image files whose records the present transaction deletes: they go after the commit, since a record without a file is
 * worse than a file without a record, which the next publication of the same image takes over. */
#ifndef SERVICE_CORE_IMAGE_REMOVAL_H
#define SERVICE_CORE_IMAGE_REMOVAL_H

#include <stdbool.h>

#include "crypto/sha256.h"

#define IMAGE_REMOVAL_COUNT_MAX 64

struct image_removal {
    size_t count;
    struct sha256_digest digests[IMAGE_REMOVAL_COUNT_MAX];
};

/* false: there is no room for more in this transaction. */
bool image_removal_add(struct image_removal *removal, const struct sha256_digest *digest);
/* The file is wanted again. */
void image_removal_forget(struct image_removal *removal, const struct sha256_digest *digest);
/* Goes back to what there was before a request that failed; 0 after a transaction that failed. */
void image_removal_undo(struct image_removal *removal, size_t count);
void image_removal_carry_out(struct image_removal *removal, const char *images_dir);

#endif
