/* Bounds-checked writer of big-endian bytes with sticky overflow: write everything, check writer_ok once.
 * After an overflow nothing more is written and writer_span is empty. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/span.h"

struct writer {
    uint8_t *data;
    size_t capacity;
    size_t size;
    bool failed;
};

void writer_init(struct writer *writer, void *data, size_t capacity);
bool writer_ok(const struct writer *writer);
/* What was written so far, borrowed from the caller's memory. */
struct span writer_span(const struct writer *writer);
void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);
void writer_bytes(struct writer *writer, struct span bytes);
/* Reserves size_bytes to be filled by the caller; NULL after an overflow. */
uint8_t *writer_reserve(struct writer *writer, size_t size_bytes);

#endif
