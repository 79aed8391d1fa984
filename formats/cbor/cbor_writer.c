#include "formats/cbor/cbor.h"

/* The shortest head (RFC 8949 section 4.2.1). */
static void write_head(struct writer *writer, unsigned int major, uint64_t value)
{
    if (value < 24) {
        writer_u8(writer, (uint8_t)(major << 5 | value));
        return;
    }
    unsigned int info = 24;
    while (info < 27 && value >> (8u << (info - 24)) != 0) {
        info++;
    }
    writer_u8(writer, (uint8_t)(major << 5 | info));
    for (unsigned int bytes_left = 1u << (info - 24); bytes_left > 0; bytes_left--) {
        writer_u8(writer, (uint8_t)(value >> (8 * (bytes_left - 1))));
    }
}

void cbor_write_uint(struct writer *writer, uint64_t value)
{
    write_head(writer, 0, value);
}

void cbor_write_int(struct writer *writer, int64_t value)
{
    if (value < 0) {
        write_head(writer, 1, (uint64_t)(-1 - value));
    } else {
        write_head(writer, 0, (uint64_t)value);
    }
}

void cbor_write_bytes_head(struct writer *writer, size_t size_bytes)
{
    write_head(writer, 2, size_bytes);
}

void cbor_write_bytes(struct writer *writer, struct span bytes)
{
    write_head(writer, 2, bytes.size);
    writer_bytes(writer, bytes);
}

void cbor_write_text(struct writer *writer, struct span text)
{
    write_head(writer, 3, text.size);
    writer_bytes(writer, text);
}

void cbor_write_text_literal(struct writer *writer, const char *text)
{
    size_t size_bytes = 0;
    while (text[size_bytes] != '\0') {
        size_bytes++;
    }
    cbor_write_text(writer, span_of(text, size_bytes));
}

void cbor_write_bool(struct writer *writer, bool value)
{
    write_head(writer, 7, value ? 21 : 20);
}

void cbor_write_null(struct writer *writer)
{
    write_head(writer, 7, 22);
}

void cbor_write_array(struct writer *writer, size_t count)
{
    write_head(writer, 4, count);
}

void cbor_write_map(struct writer *writer, size_t count)
{
    write_head(writer, 5, count);
}

void cbor_write_tag(struct writer *writer, uint64_t tag)
{
    write_head(writer, 6, tag);
}
