#include "formats/patch/patch_make.h"

#include <lzma.h>

static struct error compress(struct span instructions, struct writer *out)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    if (lzma_lzma_preset(&options, 9 | LZMA_PRESET_EXTREME)) {
        return ERROR(PATCH, STRUCTURE);
    }
    options.dict_size = PATCH_DICTIONARY_SIZE_BYTES;
    options.lc = PATCH_LZMA_LC;
    options.lp = PATCH_LZMA_LP;
    options.pb = PATCH_LZMA_PB;
    options.nice_len = 273;
    if (!writer_ok(out)) {
        return ERROR(CBOR, CAPACITY);
    }
    size_t size = 0;
    size_t room_bytes = out->capacity - out->size;
    lzma_ret result = lzma_raw_buffer_encode(filters, NULL, instructions.data, instructions.size,
                                             out->data + out->size, &size, room_bytes);
    if (result != LZMA_OK) {
        return ERROR(CBOR, CAPACITY);
    }
    (void)writer_reserve(out, size);
    return ERROR_NONE;
}

struct error patch_make(const struct patch_label *label, struct span base, struct span image,
                        struct patch_workspace *workspace, struct writer *out)
{
    struct writer instructions;
    if (base.size > PATCH_IMAGE_SIZE_BYTES_MAX || image.size > PATCH_IMAGE_SIZE_BYTES_MAX) {
        return ERROR(PATCH, STRUCTURE);
    }
    const struct patch_head head = {
        .keyset = label->keyset,
        .manifest = label->manifest,
        .base_size_bytes = (uint32_t)base.size,
        .base_digest = sha256_of(base),
        .image_size_bytes = (uint32_t)image.size,
        .file_digest = label->file_digest,
    };
    TRY(patch_head_encode(&head, out));
    writer_init(&instructions, workspace->instructions, sizeof workspace->instructions);
    TRY(patch_difference(base, image, workspace->suffixes, &instructions));
    return compress(writer_span(&instructions), out);
}
