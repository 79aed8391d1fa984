/* Which bytes of a file a request wants: one range of RFC 9110 14.1.2, pure. */
#ifndef SERVICE_EDGE_IMAGE_RANGE_H
#define SERVICE_EDGE_IMAGE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum image_range_kind {
    IMAGE_RANGE_WHOLE,         /* no range, or one that this server may ignore: other units, several ranges, nonsense */
    IMAGE_RANGE_PART,
    IMAGE_RANGE_UNSATISFIABLE, /* begins behind the end */
};

struct image_range {
    enum image_range_kind kind;
    uint64_t offset_bytes; /* WHOLE and PART */
    uint64_t size_bytes;
};

/* header           value of Range, NULL if there is none; untrusted
 * file_size_bytes  at least 1 */
struct image_range image_range_parse(const char *header, uint64_t file_size_bytes);
/* True for exactly 64 lower-case hexadecimal digits: the only names under which anything is opened. */
bool image_name_is_valid(const char *name);

#endif
