#include "formats/patch/patch_apply.h"

#include <string.h>

#include "base/ensure.h"

enum number {
    NUMBER_SEEK,
    NUMBER_ADD,
    NUMBER_COPY,
    NUMBER_COUNT,
};

/* 16 KB for all of it, of which the agent needs 2 KB for a piece of the monitor's. */
_Static_assert(sizeof(struct patch_apply) <= 16384 - 2052, "the decoder's memory");

/* The library asks for its probabilities once, while it is set up; they lie in the caller's memory. */
struct place {
    ISzAlloc allocator;
    struct patch_apply *apply;
};

static void *place_give(ISzAllocPtr allocator, size_t size_bytes)
{
    struct place place;
    memcpy(&place, allocator, sizeof place);
    return size_bytes <= sizeof place.apply->probabilities ? place.apply->probabilities : NULL;
}

static void place_take(ISzAllocPtr allocator, void *address)
{
    (void)allocator;
    (void)address;
}

static void lzma_setup(struct patch_apply *apply)
{
    static const uint8_t properties[LZMA_PROPS_SIZE] = {
        (PATCH_LZMA_PB * 5 + PATCH_LZMA_LP) * 9 + PATCH_LZMA_LC,
        PATCH_DICTIONARY_SIZE_BYTES & 0xFFu,
        PATCH_DICTIONARY_SIZE_BYTES >> 8,
    };
    struct place place = {{place_give, place_take}, apply};
    LzmaDec_CONSTRUCT(&apply->lzma)
    ENSURE(LzmaDec_AllocateProbs(&apply->lzma, properties, LZMA_PROPS_SIZE, &place.allocator) == SZ_OK);
    apply->lzma.dic = apply->dictionary;
    apply->lzma.dicBufSize = sizeof apply->dictionary;
    LzmaDec_Init(&apply->lzma);
}

struct error patch_apply_init(struct patch_apply *apply, const struct patch_head *head, uint32_t offset_bytes,
                              const struct patch_apply_ends *ends)
{
    if (offset_bytes > head->image_size_bytes) {
        return ERROR(PATCH, RANGE);
    }
    memset(apply, 0, sizeof *apply);
    apply->ends = *ends;
    apply->base_size_bytes = head->base_size_bytes;
    apply->image_size_bytes = head->image_size_bytes;
    apply->write_from_bytes = offset_bytes;
    lzma_setup(apply);
    return ERROR_NONE;
}

/* All three numbers of an instruction are there: moves the place in the base image and checks both images' ends. */
static struct error instruction_begin(struct patch_apply *apply)
{
    uint32_t zigzag = apply->numbers[NUMBER_SEEK];
    uint32_t distance = zigzag >> 1;
    uint32_t position = apply->base_position_bytes;
    bool fits = (zigzag & 1) == 0 ? distance <= apply->base_size_bytes - position : distance < position;
    if (!fits) {
        return ERROR(PATCH, RANGE);
    }
    apply->base_position_bytes = (zigzag & 1) == 0 ? position + distance : position - distance - 1;
    uint32_t add = apply->numbers[NUMBER_ADD];
    uint32_t copy = apply->numbers[NUMBER_COPY];
    uint32_t left = apply->image_size_bytes - apply->position_bytes;
    if (add > apply->base_size_bytes - apply->base_position_bytes || add > left || copy > left - add) {
        return ERROR(PATCH, RANGE);
    }
    /* An instruction that makes nothing would let a short stream keep a device busy for ever. */
    return add == 0 && copy == 0 ? ERROR(PATCH, STREAM) : ERROR_NONE;
}

static void instruction_expect(struct patch_apply *apply)
{
    memset(apply->numbers, 0, sizeof apply->numbers);
    apply->number_index = NUMBER_SEEK;
}

/* One byte of a number: seven bits, and whether another one follows. One encoding each: no zeros at the end. */
static struct error number_read(struct patch_apply *apply, uint8_t byte)
{
    uint32_t bits = byte & 0x7Fu;
    uint32_t shift = 7u * apply->number_size_bytes;
    bool is_last = (byte & 0x80u) == 0;
    bool fits = apply->number_size_bytes < PATCH_NUMBER_SIZE_BYTES_MAX - 1 || (is_last && bits <= UINT32_MAX >> shift);
    if (!fits || (is_last && bits == 0 && apply->number_size_bytes > 0)) {
        return ERROR(PATCH, STREAM);
    }
    apply->numbers[apply->number_index] |= bits << shift;
    apply->number_size_bytes++;
    if (!is_last) {
        return ERROR_NONE;
    }
    apply->number_size_bytes = 0;
    apply->number_index++;
    return apply->number_index == NUMBER_COUNT ? instruction_begin(apply) : ERROR_NONE;
}

/* bytes: part of the present instruction's bytes, in apply->chunk. */
static struct error bytes_make(struct patch_apply *apply, uint8_t *bytes, size_t size_bytes, bool is_add)
{
    size_t left_out = 0;
    if (apply->position_bytes < apply->write_from_bytes) {
        size_t gap_bytes = apply->write_from_bytes - apply->position_bytes;
        left_out = gap_bytes < size_bytes ? gap_bytes : size_bytes;
    }
    size_t made_bytes = size_bytes - left_out;
    if (made_bytes > 0 && is_add) {
        TRY(apply->ends.read_base(apply->ends.context, apply->base_position_bytes + (uint32_t)left_out, apply->base,
                                  made_bytes));
        for (size_t index = 0; index < made_bytes; index++) {
            bytes[left_out + index] = (uint8_t)(bytes[left_out + index] + apply->base[index]);
        }
    }
    apply->position_bytes += (uint32_t)size_bytes;
    apply->base_position_bytes += is_add ? (uint32_t)size_bytes : 0;
    return made_bytes > 0 ? apply->ends.write(apply->ends.context, span_of(bytes + left_out, made_bytes)) : ERROR_NONE;
}

/* The first size_bytes of apply->chunk, decompressed. */
static struct error chunk_take(struct patch_apply *apply, size_t size_bytes)
{
    size_t used = 0;
    while (used < size_bytes) {
        if (apply->number_index < NUMBER_COUNT) {
            TRY(number_read(apply, apply->chunk[used++]));
            continue;
        }
        bool is_add = apply->numbers[NUMBER_ADD] > 0;
        uint32_t *wanted = &apply->numbers[is_add ? NUMBER_ADD : NUMBER_COPY];
        size_t taken = size_bytes - used < *wanted ? size_bytes - used : *wanted;
        TRY(bytes_make(apply, apply->chunk + used, taken, is_add));
        used += taken;
        *wanted -= (uint32_t)taken;
        if (apply->numbers[NUMBER_ADD] == 0 && apply->numbers[NUMBER_COPY] == 0) {
            instruction_expect(apply);
        }
    }
    return ERROR_NONE;
}

struct error patch_apply_bytes(struct patch_apply *apply, struct span bytes)
{
    size_t used = 0;
    while (!apply->ended) {
        SizeT out_size = sizeof apply->chunk;
        SizeT in_size = bytes.size - used;
        ELzmaStatus status = LZMA_STATUS_NOT_SPECIFIED;
        SRes result = LzmaDec_DecodeToBuf(&apply->lzma, apply->chunk, &out_size, bytes.data + used, &in_size,
                                          LZMA_FINISH_ANY, &status);
        if (result != SZ_OK) {
            return ERROR(PATCH, STREAM);
        }
        used += in_size;
        TRY(chunk_take(apply, out_size));
        apply->ended = status == LZMA_STATUS_FINISHED_WITH_MARK;
        if (in_size == 0 && out_size == 0) {
            break;
        }
    }
    return used == bytes.size ? ERROR_NONE : ERROR(PATCH, STREAM);
}

struct error patch_apply_finish(const struct patch_apply *apply)
{
    bool between = apply->number_index == NUMBER_SEEK && apply->number_size_bytes == 0;
    bool whole = apply->ended && between && apply->position_bytes == apply->image_size_bytes;
    return whole ? ERROR_NONE : ERROR(PATCH, STREAM);
}
