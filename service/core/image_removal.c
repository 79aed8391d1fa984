#include "service/core/image_removal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "service/core/image_upload.h"
#include "service/process/process.h"

bool image_removal_add(struct image_removal *removal, const struct sha256_digest *digest)
{
    if (removal->count == IMAGE_REMOVAL_COUNT_MAX) {
        return false;
    }
    removal->digests[removal->count++] = *digest;
    return true;
}

void image_removal_forget(struct image_removal *removal, const struct sha256_digest *digest)
{
    size_t kept = 0;
    for (size_t index = 0; index < removal->count; index++) {
        if (memcmp(removal->digests[index].bytes, digest->bytes, sizeof digest->bytes) != 0) {
            removal->digests[kept++] = removal->digests[index];
        }
    }
    removal->count = kept;
}

void image_removal_undo(struct image_removal *removal, size_t count)
{
    removal->count = count < removal->count ? count : removal->count;
}

void image_removal_carry_out(struct image_removal *removal, const char *images_dir)
{
    for (size_t index = 0; index < removal->count; index++) {
        char path[IMAGE_PATH_SIZE_BYTES];
        image_path(images_dir, &removal->digests[index], path);
        if (unlink(path) != 0 && errno != ENOENT) {
            process_log("%s: %s", path, strerror(errno));
        }
    }
    removal->count = 0;
}
