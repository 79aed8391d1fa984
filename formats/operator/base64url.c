#include "formats/operator/base64url.h"

static const uint8_t alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 0 to 63, or -1. */
static int value_of(uint8_t character)
{
    for (int value = 0; value < 64; value++) {
        if (alphabet[value] == character) {
            return value;
        }
    }
    return -1;
}

struct error base64url_encode(struct span bytes, struct writer *out)
{
    uint32_t bits = 0;
    unsigned int bit_count = 0;
    for (size_t index = 0; index < bytes.size; index++) {
        bits = (bits << 8 | bytes.data[index]) & 0xFFFFu;
        for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
            writer_u8(out, alphabet[bits >> (bit_count - 6) & 0x3Fu]);
        }
    }
    if (bit_count > 0) {
        writer_u8(out, alphabet[bits << (6 - bit_count) & 0x3Fu]);
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}

struct error base64url_decode(struct span text, struct writer *out)
{
    uint32_t bits = 0;
    unsigned int bit_count = 0;
    for (size_t index = 0; index < text.size; index++) {
        int value = value_of(text.data[index]);
        if (value < 0) {
            return ERROR(CBOR, NOT_CANONICAL);
        }
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFu;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            writer_u8(out, (uint8_t)(bits >> bit_count));
        }
    }
    /* What is left over is less than a character, and zero. */
    if (bit_count >= 6 || (bits & ((1u << bit_count) - 1u)) != 0) {
        return ERROR(CBOR, NOT_CANONICAL);
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
