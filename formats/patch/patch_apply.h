/* Applies a patch while it arrives, in a few kilobytes: the stream goes in as it comes, the new image comes out in order,
 * and bytes of the base image are asked for as they are needed.
 *
 *     patch_apply_init -> patch_apply_bytes, again and again -> patch_apply_finish
 * A hostile stream costs time, at most PATCH_INSTRUCTION_SIZE_BYTES_MAX decoded bytes for one byte of the new image, and
 * makes a wrong image, which its digest tells; it reads nothing but the base image and writes nothing else (T-20). */
#ifndef FORMATS_PATCH_PATCH_APPLY_H
#define FORMATS_PATCH_PATCH_APPLY_H

#include <LzmaDec.h>

#include "formats/patch/patch.h"

#define PATCH_APPLY_CHUNK_SIZE_BYTES 256
/* 1984 probabilities, and 768 << (lc + lp) for literals. */
#define PATCH_APPLY_PROBABILITY_COUNT (1984 + (768 << (PATCH_LZMA_LC + PATCH_LZMA_LP)))

/* Where bytes come from and go to. Both may fail, which ends the patch with that error. size_bytes is at most
 * PATCH_APPLY_CHUNK_SIZE_BYTES; what is read lies within the base image, what is written is the next of the new one. */
struct patch_apply_ends {
    struct error (*read_base)(void *context, uint32_t offset_bytes, uint8_t *out, size_t size_bytes);
    struct error (*write)(void *context, struct span bytes);
    void *context;
};

/* All the memory that applying takes, besides the stack. The caller's; the fields are not for it. */
struct patch_apply {
    struct patch_apply_ends ends;
    uint32_t base_size_bytes;
    uint32_t image_size_bytes;
    uint32_t write_from_bytes; /* what lies before is decoded, but neither read nor written */
    uint32_t position_bytes;   /* in the new image */
    uint32_t base_position_bytes;
    uint32_t numbers[3]; /* of the present instruction: seek, add, copy; the last two count down */
    uint8_t number_index;
    uint8_t number_size_bytes;
    bool ended; /* the end mark was read */
    CLzmaDec lzma;
    CLzmaProb probabilities[PATCH_APPLY_PROBABILITY_COUNT];
    uint8_t dictionary[PATCH_DICTIONARY_SIZE_BYTES];
    uint8_t chunk[PATCH_APPLY_CHUNK_SIZE_BYTES];
    uint8_t base[PATCH_APPLY_CHUNK_SIZE_BYTES];
};

/* head        its spans are not kept
 * offset      how much of the new image is there already: that much is passed over
 * errors      PATCH_RANGE: the offset is beyond the image */
MUST_USE struct error patch_apply_init(struct patch_apply *apply, const struct patch_head *head, uint32_t offset_bytes,
                                       const struct patch_apply_ends *ends);
/* The next bytes of the stream, untrusted, any number of them. After an error apply is not to be used any more.
 * errors  PATCH_STREAM, PATCH_RANGE, those of the ends */
MUST_USE struct error patch_apply_bytes(struct patch_apply *apply, struct span bytes);
/* After the last byte.  errors  PATCH_STREAM: the stream is not whole, or makes less than the image */
MUST_USE struct error patch_apply_finish(const struct patch_apply *apply);

#endif
