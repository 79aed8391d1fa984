/* The link-time twin of base/reader.c with its bounds taken out: a fuzzer linked with it must find that, or the
 * fuzzers prove nothing. */
#include "base/reader.h"

void reader_init(struct reader *reader, struct span input)
{
    *reader = (struct reader){.data = input.data, .size = input.size};
}

bool reader_ok(const struct reader *reader)
{
    return !reader->failed;
}

size_t reader_remaining(const struct reader *reader)
{
    (void)reader;
    return 4096;
}

struct span reader_take(struct reader *reader, size_t size_bytes)
{
    struct span taken = {reader->data + reader->offset_bytes, size_bytes};
    reader->offset_bytes += size_bytes;
    return taken;
}

static uint64_t read_big_endian(struct reader *reader, size_t size_bytes)
{
    struct span bytes = reader_take(reader, size_bytes);
    uint64_t value = 0;
    for (size_t index = 0; index < bytes.size; index++) {
        value = (value << 8) | bytes.data[index];
    }
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)read_big_endian(reader, 1);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)read_big_endian(reader, 2);
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)read_big_endian(reader, 4);
}

uint64_t reader_u64(struct reader *reader)
{
    return read_big_endian(reader, 8);
}

uint8_t reader_peek(struct reader *reader)
{
    return reader->data[reader->offset_bytes];
}
