/* A whole patch file, applied in one piece and again in small ones from a block on: the same verdict, the same bytes, no
 * read outside of the base image, no byte too many (T-20). */
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "formats/patch/patch_apply.h"

#define BASE_SIZE_BYTES 8192
#define IMAGE_SIZE_BYTES_MAX (256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    uint32_t base_size_bytes;
    uint32_t offset_bytes;
    uint32_t image_size_bytes;
    uint8_t image[IMAGE_SIZE_BYTES_MAX];
};

static uint8_t base[BASE_SIZE_BYTES];
static struct world whole;
static struct world resumed;
static struct patch_apply apply;

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    abort();
}

static struct error read_base(void *context, uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    const struct world *world = context;
    if (size_bytes > world->base_size_bytes || offset_bytes > world->base_size_bytes - size_bytes) {
        abort();
    }
    for (size_t index = 0; index < size_bytes; index++) {
        out[index] = base[(offset_bytes + index) % BASE_SIZE_BYTES];
    }
    return ERROR_NONE;
}

static struct error write_image(void *context, struct span bytes)
{
    struct world *world = context;
    if (bytes.size > world->image_size_bytes - world->offset_bytes) {
        abort();
    }
    memcpy(world->image + world->offset_bytes, bytes.data, bytes.size);
    world->offset_bytes += (uint32_t)bytes.size;
    return ERROR_NONE;
}

static struct error run(struct world *world, const struct patch_head *head, uint32_t offset_bytes, struct span stream,
                        size_t piece_bytes)
{
    const struct patch_apply_ends ends = {read_base, write_image, world};
    world->base_size_bytes = head->base_size_bytes;
    world->image_size_bytes = head->image_size_bytes;
    world->offset_bytes = offset_bytes;
    TRY(patch_apply_init(&apply, head, offset_bytes, &ends));
    for (size_t at = 0; at < stream.size; at += piece_bytes) {
        size_t left = stream.size - at;
        TRY(patch_apply_bytes(&apply, span_of(stream.data + at, left < piece_bytes ? left : piece_bytes)));
    }
    return patch_apply_finish(&apply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct patch_head head;
    size_t head_size = 0;
    for (size_t index = 0; index < sizeof base; index++) {
        base[index] = (uint8_t)(index * 7 + index / 256);
    }
    if (!error_is_none(patch_head_parse(span_of(data, size), &head, &head_size)) ||
        head.image_size_bytes > IMAGE_SIZE_BYTES_MAX) {
        return 0;
    }
    struct span stream = span_of(data + head_size, size - head_size);
    struct error error = run(&whole, &head, 0, stream, stream.size + 1);
    uint32_t offset_bytes = whole.offset_bytes / 2;
    struct error again = run(&resumed, &head, offset_bytes, stream, 1 + size % 61);
    /* Which error it is may depend on the pieces: a stream may be wrong in several ways at one place. */
    if (error_is_none(error) != error_is_none(again) ||
        (error_is_none(error) && whole.offset_bytes != head.image_size_bytes)) {
        abort();
    }
    /* After an error the pieces may have ended at another chunk; what both have made is the same. */
    uint32_t both_bytes = whole.offset_bytes < resumed.offset_bytes ? whole.offset_bytes : resumed.offset_bytes;
    if (both_bytes > offset_bytes &&
        memcmp(whole.image + offset_bytes, resumed.image + offset_bytes, both_bytes - offset_bytes) != 0) {
        abort();
    }
    return 0;
}
