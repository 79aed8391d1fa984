#include "base/writer.h"

void writer_init(struct writer *writer, void *data, size_t capacity)
{
    *writer = (struct writer){.data = data, .capacity = capacity};
}

bool writer_ok(const struct writer *writer)
{
    return !writer->failed;
}

struct span writer_span(const struct writer *writer)
{
    return writer->failed ? SPAN_EMPTY : (struct span){writer->data, writer->size};
}

uint8_t *writer_reserve(struct writer *writer, size_t size_bytes)
{
    if (writer->failed || size_bytes > writer->capacity - writer->size) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *reserved = writer->data + writer->size;
    writer->size += size_bytes;
    return reserved;
}

static void write_big_endian(struct writer *writer, uint64_t value, unsigned int size_bytes)
{
    uint8_t *out = writer_reserve(writer, size_bytes);
    if (out == NULL) {
        return;
    }
    for (unsigned int index = 0; index < size_bytes; index++) {
        out[index] = (uint8_t)(value >> (8u * (size_bytes - 1u - index)));
    }
}

void writer_u8(struct writer *writer, uint8_t value)
{
    write_big_endian(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
    write_big_endian(writer, value, 2);
}

void writer_u32(struct writer *writer, uint32_t value)
{
    write_big_endian(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value)
{
    write_big_endian(writer, value, 8);
}

void writer_bytes(struct writer *writer, struct span bytes)
{
    uint8_t *out = writer_reserve(writer, bytes.size);
    for (size_t index = 0; out != NULL && index < bytes.size; index++) {
        out[index] = bytes.data[index];
    }
}
