#include "device/monitor/rehash.h"

#include "base/constant_time.h"
#include "device/monitor/state.h"

/* About 40,000 instructions: 256 KiB take half a minute at ten slices a second. */
#define REHASH_SLICE_SIZE_BYTES 1024

void rehash_step(void)
{
    struct rehash *rehash = &monitor.rehash;
    if (monitor.loaded_count == 0) {
        return;
    }
    const struct loaded_image *loaded = &monitor.loaded[rehash->next];
    if (rehash->offset_bytes == 0) {
        sha256_init(&rehash->hash);
    }
    size_t left_bytes = loaded->image.size - rehash->offset_bytes;
    size_t slice_bytes = left_bytes < REHASH_SLICE_SIZE_BYTES ? left_bytes : REHASH_SLICE_SIZE_BYTES;
    sha256_update(&rehash->hash, span_of(loaded->image.data + rehash->offset_bytes, slice_bytes));
    rehash->offset_bytes += slice_bytes;
    if (rehash->offset_bytes < loaded->image.size) {
        return;
    }
    struct sha256_digest digest;
    sha256_finish(&rehash->hash, &digest);
    if (!constant_time_equal(digest.bytes, loaded->digest.bytes, sizeof(digest.bytes))) {
        rehash->failed = true;
    }
    rehash->offset_bytes = 0;
    rehash->next = (rehash->next + 1) % monitor.loaded_count;
}

bool rehash_ok(void)
{
    return !monitor.rehash.failed;
}
