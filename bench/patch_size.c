/* Makes a patch between two plain images, applies it, and prints what it costs as one line of JSON.
 *     patch_size BASE IMAGE        bytes: of the patch without key set and manifest; memory: of the decoder
 *     patch_size BASE IMAGE OUT    writes the instructions alone, uncompressed: what is left to a compressor */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "formats/patch/patch_apply.h"
#include "formats/patch/patch_make.h"

static struct patch_workspace workspace;
static struct patch_apply apply;
static uint8_t base_bytes[PATCH_IMAGE_SIZE_BYTES_MAX];
static uint8_t image_bytes[PATCH_IMAGE_SIZE_BYTES_MAX];
static uint8_t made_bytes[PATCH_IMAGE_SIZE_BYTES_MAX];
static uint8_t patch_bytes[2 * PATCH_IMAGE_SIZE_BYTES_MAX];
static size_t made_size;

__attribute__((noreturn)) static void die(const char *what)
{
    fprintf(stderr, "patch_size: %s\n", what);
    exit(1);
}

void ensure_failed(const char *file, uint32_t line)
{
    fprintf(stderr, "%s:%u\n", file, (unsigned int)line);
    abort();
}

static struct span read_image(const char *path, uint8_t *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(bytes, 1, PATCH_IMAGE_SIZE_BYTES_MAX, file);
    if (size == 0 || fgetc(file) != EOF) {
        die("an image cannot be read, or is larger than any slot");
    }
    fclose(file);
    return span_of(bytes, size);
}

static struct error read_base(void *context, uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    (void)context;
    memcpy(out, base_bytes + offset_bytes, size_bytes);
    return ERROR_NONE;
}

static struct error write_image(void *context, struct span bytes)
{
    (void)context;
    memcpy(made_bytes + made_size, bytes.data, bytes.size);
    made_size += bytes.size;
    return ERROR_NONE;
}

static struct error apply_patch(struct span patch)
{
    static const struct patch_apply_ends ends = {read_base, write_image, NULL};
    struct patch_head head;
    size_t head_size = 0;
    TRY(patch_head_parse(patch, &head, &head_size));
    TRY(patch_apply_init(&apply, &head, 0, &ends));
    TRY(patch_apply_bytes(&apply, span_of(patch.data + head_size, patch.size - head_size)));
    return patch_apply_finish(&apply);
}

static void write_instructions(struct span base, struct span image, const char *path)
{
    struct writer writer;
    FILE *file = fopen(path, "wb");
    writer_init(&writer, workspace.instructions, sizeof workspace.instructions);
    if (file == NULL || !error_is_none(patch_difference(base, image, workspace.suffixes, &writer)) ||
        fwrite(writer.data, 1, writer.size, file) != writer.size || fclose(file) != 0) {
        die("the instructions cannot be written");
    }
}

int main(int argument_count, char **arguments)
{
    static const uint8_t nothing[1];
    const struct patch_label label = {SPAN_OF(nothing), SPAN_OF(nothing), {{0}}};
    struct writer writer;
    if (argument_count != 3 && argument_count != 4) {
        die("usage: patch_size BASE IMAGE [OUT]");
    }
    struct span base = read_image(arguments[1], base_bytes);
    struct span image = read_image(arguments[2], image_bytes);
    if (argument_count == 4) {
        write_instructions(base, image, arguments[3]);
        return 0;
    }
    writer_init(&writer, patch_bytes, sizeof patch_bytes);
    if (!error_is_none(patch_make(&label, base, image, &workspace, &writer))) {
        die("no patch could be made");
    }
    struct span patch = writer_span(&writer);
    if (!error_is_none(apply_patch(patch)) || !span_equal(span_of(made_bytes, made_size), image)) {
        die("the patch does not make the image");
    }
    printf("{\"bytes\": %zu, \"memory\": %zu}\n", patch.size - 2, sizeof apply);
    return 0;
}
