/* Bounds-checked reader of big-endian bytes with sticky failure: read everything, check reader_ok once. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/span.h"

struct reader {
    const uint8_t *data;
    size_t size;
    size_t offset_bytes;
    bool failed;
};

void reader_init(struct reader *reader, struct span input);
/* True while no read went past the end. */
bool reader_ok(const struct reader *reader);
/* Bytes not read yet. */
size_t reader_remaining(const struct reader *reader);
/* Each returns 0 or an empty span after a failure. reader_take's span borrows from the input. */
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
struct span reader_take(struct reader *reader, size_t size_bytes);
/* Next byte without moving on; 0 and failed at the end. */
uint8_t reader_peek(struct reader *reader);

#endif
