#include "service/edge/image_range.h"

#include <stddef.h>
#include <string.h>

#define NAME_DIGIT_COUNT 64
#define NUMBER_DIGIT_COUNT_MAX 18 /* so that no number overflows */

/* Takes the digits at *text; false if there are none or too many. */
static bool take_number(const char **text, uint64_t *out)
{
    uint64_t value = 0;
    size_t count = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, count++) {
        if (count == NUMBER_DIGIT_COUNT_MAX) {
            return false;
        }
        value = value * 10 + (uint64_t)(**text - '0');
    }
    *out = value;
    return count > 0;
}

/* "-N": the last N bytes. */
static struct image_range suffix(const char *text, struct image_range whole)
{
    uint64_t count = 0;
    if (!take_number(&text, &count) || *text != '\0') {
        return whole;
    }
    if (count == 0) {
        return (struct image_range){.kind = IMAGE_RANGE_UNSATISFIABLE};
    }
    uint64_t size_bytes = count < whole.size_bytes ? count : whole.size_bytes;
    return (struct image_range){IMAGE_RANGE_PART, whole.size_bytes - size_bytes, size_bytes};
}

struct image_range image_range_parse(const char *header, uint64_t file_size_bytes)
{
    static const char unit[] = "bytes=";
    const struct image_range whole = {IMAGE_RANGE_WHOLE, 0, file_size_bytes};
    uint64_t first = 0;
    uint64_t last = file_size_bytes - 1;
    if (header == NULL || strncmp(header, unit, sizeof unit - 1) != 0) {
        return whole;
    }
    const char *text = header + sizeof unit - 1;
    if (*text == '-') {
        return suffix(text + 1, whole);
    }
    if (!take_number(&text, &first) || *text++ != '-') {
        return whole;
    }
    if (*text != '\0' && (!take_number(&text, &last) || *text != '\0' || last < first)) {
        return whole;
    }
    if (first >= file_size_bytes) {
        return (struct image_range){.kind = IMAGE_RANGE_UNSATISFIABLE};
    }
    last = last < file_size_bytes ? last : file_size_bytes - 1;
    return (struct image_range){IMAGE_RANGE_PART, first, last - first + 1};
}

bool image_name_is_valid(const char *name)
{
    return strlen(name) == NAME_DIGIT_COUNT && strspn(name, "0123456789abcdef") == NAME_DIGIT_COUNT;
}
