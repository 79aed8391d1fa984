/* The differences of two images, after C. Percival's bsdiff: longest matches by a suffix array of the base image, each
 * grown in both directions as long as at least half of the bytes agree. Code that moved is then a long run of bytes that
 * differ by little or nothing, which compresses well, where a plain copy would break at each address. */
#include <divsufsort.h>
#include <string.h>

#include "formats/patch/patch_make.h"

/* A match must beat the one before by this much to be worth an instruction. */
#define GAIN_MIN 8

struct search {
    struct span base;
    struct span image;
    const int32_t *suffixes;
};

/* Where image and base are known to go together: image[scan] matches base[position]. */
struct anchor {
    size_t scan;
    size_t position;
};

struct match {
    size_t position; /* in the base image */
    size_t size;
};

static size_t common_prefix(struct span a, struct span b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    size_t count = 0;
    while (count < size && a.data[count] == b.data[count]) {
        count++;
    }
    return count;
}

static struct span tail(struct span bytes, size_t from)
{
    return span_of(bytes.data + from, bytes.size - from);
}

/* The longest piece of the base image that the image has at scan. */
static struct match longest_match(const struct search *search, size_t scan)
{
    struct span wanted = tail(search->image, scan);
    size_t low = 0;
    size_t high = search->base.size - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        struct span suffix = tail(search->base, (size_t)search->suffixes[middle]);
        size_t same = common_prefix(suffix, wanted);
        bool suffix_is_less = same < wanted.size && (same == suffix.size || suffix.data[same] < wanted.data[same]);
        if (suffix_is_less) {
            low = middle;
        } else {
            high = middle;
        }
    }
    struct match a = {.position = (size_t)search->suffixes[low]};
    struct match b = {.position = (size_t)search->suffixes[high]};
    a.size = common_prefix(tail(search->base, a.position), wanted);
    b.size = common_prefix(tail(search->base, b.position), wanted);
    return a.size > b.size ? a : b;
}

/* Whether the image at scan is what the base image has there by the last anchor. */
static bool agrees(const struct search *search, const struct anchor *last, size_t scan)
{
    size_t position = last->position + (scan - last->scan);
    return position < search->base.size && search->base.data[position] == search->image.data[scan];
}

/* The next place from scan on where another match is better than going on from the last anchor. scan is set to it, or to
 * the image's end. */
static struct match next_match(const struct search *search, const struct anchor *last, size_t *scan)
{
    struct match match = {0, 0};
    size_t agreeing = 0; /* of the match's bytes, how many the last anchor gives as well */
    size_t counted = *scan;
    for (; *scan < search->image.size; (*scan)++) {
        match = longest_match(search, *scan);
        for (; counted < *scan + match.size; counted++) {
            agreeing += agrees(search, last, counted) ? 1 : 0;
        }
        if ((match.size == agreeing && match.size > 0) || match.size > agreeing + GAIN_MIN) {
            break;
        }
        agreeing -= agrees(search, last, *scan) ? 1 : 0;
    }
    if (*scan < search->image.size && match.size == agreeing) {
        match.position = SIZE_MAX; /* nothing new: the last anchor gives the same */
    }
    return match;
}

/* How far behind the last anchor at least half of the bytes agree, at most up to scan. */
static size_t grow_forward(const struct search *search, const struct anchor *last, size_t scan)
{
    size_t same = 0;
    size_t best = 0;
    ptrdiff_t best_score = 0;
    for (size_t count = 0; last->scan + count < scan && last->position + count < search->base.size;) {
        same += search->base.data[last->position + count] == search->image.data[last->scan + count] ? 1 : 0;
        count++;
        ptrdiff_t score = (ptrdiff_t)(2 * same) - (ptrdiff_t)count;
        if (score > best_score) {
            best_score = score;
            best = count;
        }
    }
    return best;
}

/* The same before a new match, at most back to the last anchor. */
static size_t grow_backward(const struct search *search, const struct anchor *last, const struct anchor *next)
{
    size_t same = 0;
    size_t best = 0;
    ptrdiff_t best_score = 0;
    for (size_t count = 1; next->scan >= last->scan + count && next->position >= count; count++) {
        same += search->base.data[next->position - count] == search->image.data[next->scan - count] ? 1 : 0;
        ptrdiff_t score = (ptrdiff_t)(2 * same) - (ptrdiff_t)count;
        if (score > best_score) {
            best_score = score;
            best = count;
        }
    }
    return best;
}

/* Both have grown over the same bytes: how many of those go to the first. */
static size_t share_overlap(const struct search *search, const struct anchor *first, const struct anchor *second,
                            size_t overlap)
{
    ptrdiff_t score = 0;
    ptrdiff_t best_score = 0;
    size_t best = 0;
    for (size_t index = 0; index < overlap; index++) {
        uint8_t byte = search->image.data[first->scan + index];
        score += search->base.data[first->position + index] == byte ? 1 : 0;
        score -= search->base.data[second->position + index] == byte ? 1 : 0;
        if (score > best_score) {
            best_score = score;
            best = index + 1;
        }
    }
    return best;
}

static void write_number(struct writer *out, uint32_t number)
{
    for (; number > 0x7F; number >>= 7) {
        writer_u8(out, (uint8_t)(number | 0x80));
    }
    writer_u8(out, (uint8_t)number);
}

/* position: where the decoder stands in the base image. */
static void write_instruction(const struct search *search, const struct anchor *from, size_t add, size_t copy,
                              size_t *position, struct writer *out)
{
    if (add == 0 && copy == 0) {
        return;
    }
    bool is_forward = from->position >= *position;
    size_t distance = is_forward ? from->position - *position : *position - from->position - 1;
    write_number(out, (uint32_t)(distance << 1) | (is_forward ? 0 : 1));
    write_number(out, (uint32_t)add);
    write_number(out, (uint32_t)copy);
    for (size_t index = 0; index < add; index++) {
        writer_u8(out, (uint8_t)(search->image.data[from->scan + index] - search->base.data[from->position + index]));
    }
    writer_bytes(out, span_of(search->image.data + from->scan + add, copy));
    *position = from->position + add;
}

static void write_differences(const struct search *search, struct writer *out)
{
    struct anchor last = {0, 0};
    size_t position = 0;
    for (size_t scan = 0; scan < search->image.size;) {
        struct match match = next_match(search, &last, &scan);
        bool is_end = scan == search->image.size;
        if (!is_end && match.position == SIZE_MAX) {
            scan += match.size;
            continue;
        }
        struct anchor next = {scan, is_end ? 0 : match.position};
        size_t add = grow_forward(search, &last, scan);
        size_t back = is_end ? 0 : grow_backward(search, &last, &next);
        if (last.scan + add > scan - back) {
            size_t overlap = last.scan + add - (scan - back);
            struct anchor first = {scan - back, last.position + (scan - back - last.scan)};
            struct anchor second = {scan - back, next.position - back};
            size_t kept = share_overlap(search, &first, &second, overlap);
            add -= overlap - kept;
            back -= kept;
        }
        write_instruction(search, &last, add, scan - back - (last.scan + add), &position, out);
        last = (struct anchor){scan - back, next.position - back};
        scan += is_end ? 0 : match.size;
    }
    if (last.scan < search->image.size) {
        size_t add = grow_forward(search, &last, search->image.size);
        write_instruction(search, &last, add, search->image.size - last.scan - add, &position, out);
    }
}

struct error patch_difference(struct span base, struct span image, int32_t *suffixes, struct writer *out)
{
    if (base.size == 0 || base.size > PATCH_IMAGE_SIZE_BYTES_MAX ||
        divsufsort(base.data, suffixes, (saidx_t)base.size) != 0) {
        return ERROR(PATCH, STRUCTURE);
    }
    const struct search search = {base, image, suffixes};
    write_differences(&search, out);
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
