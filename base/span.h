/* Borrowed input bytes and caller-owned output bytes.
 * A struct span never owns memory; it does not outlive the call it is passed to unless the callee's header says so. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read-only view of size bytes at data. data may be NULL only when size is 0. */
struct span {
    const uint8_t *data;
    size_t size;
};

/* Output area: capacity bytes at data, of which the first size are filled. */
struct buffer {
    uint8_t *data;
    size_t capacity;
    size_t size;
};

#define SPAN_EMPTY ((struct span){NULL, 0})
/* Span over a whole array object (not a pointer). */
#define SPAN_OF(array) ((struct span){(const uint8_t *)(array), sizeof(array)})
/* Empty buffer over a whole array object (not a pointer). */
#define BUFFER_OF(array) ((struct buffer){(uint8_t *)(array), sizeof(array), 0})

static inline struct span span_of(const void *data, size_t size)
{
    return (struct span){(const uint8_t *)data, size};
}

static inline struct span span_of_buffer(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->size};
}

/* Compares public bytes; not constant time (base/constant_time.h is, for secrets). */
bool span_equal(struct span a, struct span b);

#endif
