#include "formats/cbor/cbor.h"

#define MAJOR_UINT 0u
#define MAJOR_NEGATIVE 1u
#define MAJOR_BYTES 2u
#define MAJOR_TEXT 3u
#define MAJOR_ARRAY 4u
#define MAJOR_MAP 5u
#define MAJOR_TAG 6u
#define MAJOR_SIMPLE 7u
#define SIMPLE_FALSE 20u
#define SIMPLE_TRUE 21u
#define SIMPLE_NULL 22u

void cbor_reader_init(struct cbor_reader *cbor, struct span input)
{
    reader_init(&cbor->reader, input);
    cbor->error = ERROR_NONE;
}

void cbor_reader_fail(struct cbor_reader *cbor, struct error error)
{
    if (error_is_none(cbor->error)) {
        cbor->error = error;
    }
    cbor->reader.failed = true;
}

struct error cbor_reader_error(const struct cbor_reader *cbor)
{
    return cbor->error;
}

struct error cbor_reader_finish(const struct cbor_reader *cbor)
{
    if (error_is_none(cbor->error) && reader_remaining(&cbor->reader) != 0) {
        return ERROR(CBOR, TRAILING);
    }
    return cbor->error;
}

struct error cbor_error_as(struct error error, struct error structure)
{
    if (error_is(error, ERROR_CODE_CBOR_TYPE) || error_is(error, ERROR_CODE_CBOR_RANGE) ||
        error_is(error, ERROR_CODE_CBOR_KEY)) {
        return structure;
    }
    return error;
}

/* The next size_bytes bytes, NULL after a failure. */
static const uint8_t *take(struct cbor_reader *cbor, uint64_t size_bytes)
{
    /* Compared as 64 bits: a length above SIZE_MAX must not wrap into a short one. */
    if (size_bytes > reader_remaining(&cbor->reader)) {
        cbor_reader_fail(cbor, ERROR(CBOR, TRUNCATED));
    }
    if (!reader_ok(&cbor->reader)) {
        return NULL;
    }
    return reader_take(&cbor->reader, (size_t)size_bytes).data;
}

/* The argument of a head whose low five bits are info, if they do not hold it themselves (RFC 8949 section 3). Only
 * the shortest form passes (section 4.2.1). */
static uint64_t read_argument(struct cbor_reader *cbor, unsigned int info)
{
    if (info > 27) { /* Indefinite lengths and reserved values. */
        cbor_reader_fail(cbor, ERROR(CBOR, NOT_CANONICAL));
        return 0;
    }
    unsigned int size_bytes = 1u << (info - 24);
    const uint8_t *bytes = take(cbor, size_bytes);
    if (bytes == NULL) {
        return 0;
    }
    uint32_t high = 0;
    uint32_t low = 0;
    uint32_t upper_half = 0; /* of the argument as it stands there */
    for (unsigned int index = 0; index < size_bytes; index++) {
        high = (high << 8) | (low >> 24);
        low = (low << 8) | bytes[index];
        if (index < size_bytes / 2) {
            upper_half |= bytes[index];
        }
    }
    if (size_bytes == 1 ? low < 24 : upper_half == 0) {
        cbor_reader_fail(cbor, ERROR(CBOR, NOT_CANONICAL));
    }
    return (uint64_t)high << 32 | low;
}

/* Reads one head of this major type and returns its argument; of the simple values only false, true and null pass. */
static uint64_t read_head(struct cbor_reader *cbor, unsigned int major)
{
    const uint8_t *initial = take(cbor, 1);
    if (initial == NULL) {
        return 0;
    }
    unsigned int info = *initial & 0x1Fu;
    if (*initial >> 5 != major || (major == MAJOR_SIMPLE && info - SIMPLE_FALSE > SIMPLE_NULL - SIMPLE_FALSE)) {
        cbor_reader_fail(cbor, ERROR(CBOR, TYPE));
    }
    uint64_t value = info < 24 ? info : read_argument(cbor, info);
    return reader_ok(&cbor->reader) ? value : 0;
}

static uint32_t read_head_max(struct cbor_reader *cbor, unsigned int major, size_t max)
{
    uint64_t value = read_head(cbor, major);
    if (value > max || value > UINT32_MAX) {
        cbor_reader_fail(cbor, ERROR(CBOR, RANGE));
        return 0;
    }
    return (uint32_t)value;
}

uint32_t cbor_read_uint_max(struct cbor_reader *cbor, uint32_t max)
{
    return read_head_max(cbor, MAJOR_UINT, max);
}

uint64_t cbor_read_uint(struct cbor_reader *cbor)
{
    return read_head(cbor, MAJOR_UINT);
}

int64_t cbor_read_int(struct cbor_reader *cbor)
{
    bool is_negative = cbor_peek_major(cbor) == (int)MAJOR_NEGATIVE;
    uint64_t value = read_head(cbor, is_negative ? MAJOR_NEGATIVE : MAJOR_UINT);
    if (value > INT64_MAX) {
        cbor_reader_fail(cbor, ERROR(CBOR, RANGE));
    }
    if (!reader_ok(&cbor->reader)) {
        return 0;
    }
    return is_negative ? -1 - (int64_t)value : (int64_t)value;
}

struct span cbor_read_bytes(struct cbor_reader *cbor)
{
    uint64_t size_bytes = read_head(cbor, MAJOR_BYTES);
    const uint8_t *data = take(cbor, size_bytes);
    return data == NULL ? SPAN_EMPTY : span_of(data, (size_t)size_bytes);
}

struct span cbor_read_bytes_exact(struct cbor_reader *cbor, size_t size_bytes)
{
    struct span bytes = cbor_read_bytes(cbor);
    if (bytes.size != size_bytes) {
        cbor_reader_fail(cbor, ERROR(CBOR, RANGE));
        return SPAN_EMPTY;
    }
    return bytes;
}

void cbor_read_bytes_into(struct cbor_reader *cbor, uint8_t *out, size_t size_bytes)
{
    struct span bytes = cbor_read_bytes_exact(cbor, size_bytes);
    for (size_t index = 0; index < bytes.size; index++) {
        out[index] = bytes.data[index];
    }
}

/* RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF; besides no C0, DEL or C1 control character, so
 * that a text from a peer cannot steer the terminal or log of whoever reads it. */
bool cbor_text_is_printable(struct span text)
{
    size_t offset_bytes = 0;
    while (offset_bytes < text.size) {
        uint32_t point = text.data[offset_bytes++];
        uint32_t point_min = 0x20;
        unsigned int continuation_count = 0;
        if (point >= 0xF0) {
            point &= 0x0Fu; /* 0xF8 and above give more than 0x10FFFF below. */
            point_min = 0x10000;
            continuation_count = 3;
        } else if (point >= 0xE0) {
            point &= 0x0Fu;
            point_min = 0x800;
            continuation_count = 2;
        } else if (point >= 0x80) {
            point = point >= 0xC0 ? point & 0x1Fu : 0;
            point_min = 0xA0;
            continuation_count = 1;
        }
        for (; continuation_count > 0; continuation_count--) {
            if (offset_bytes == text.size || (text.data[offset_bytes] & 0xC0u) != 0x80u) {
                return false;
            }
            point = (point << 6) | (text.data[offset_bytes++] & 0x3Fu);
        }
        if (point < point_min || point == 0x7F || (point >> 11) == 0x1B || point > 0x10FFFF) {
            return false;
        }
    }
    return true;
}

struct span cbor_read_text_unchecked_max(struct cbor_reader *cbor, size_t size_bytes_max)
{
    size_t size_bytes = read_head_max(cbor, MAJOR_TEXT, size_bytes_max);
    const uint8_t *data = take(cbor, size_bytes);
    return data == NULL ? SPAN_EMPTY : span_of(data, size_bytes);
}

struct span cbor_read_text_max(struct cbor_reader *cbor, size_t size_bytes_max)
{
    struct span text = cbor_read_text_unchecked_max(cbor, size_bytes_max);
    if (!cbor_text_is_printable(text)) {
        cbor_reader_fail(cbor, ERROR(CBOR, RANGE));
        return SPAN_EMPTY;
    }
    return text;
}

bool cbor_read_bool(struct cbor_reader *cbor)
{
    return read_head_max(cbor, MAJOR_SIMPLE, SIMPLE_TRUE) == SIMPLE_TRUE;
}

size_t cbor_read_array(struct cbor_reader *cbor, size_t count_max)
{
    return read_head_max(cbor, MAJOR_ARRAY, count_max);
}

size_t cbor_read_map(struct cbor_reader *cbor, size_t count_max)
{
    return read_head_max(cbor, MAJOR_MAP, count_max);
}

uint64_t cbor_read_tag(struct cbor_reader *cbor)
{
    return read_head(cbor, MAJOR_TAG);
}

static void expect_head(struct cbor_reader *cbor, unsigned int major, uint32_t value)
{
    if (read_head_max(cbor, major, value) != value) {
        cbor_reader_fail(cbor, ERROR(CBOR, RANGE));
    }
}

void cbor_read_null(struct cbor_reader *cbor)
{
    expect_head(cbor, MAJOR_SIMPLE, SIMPLE_NULL);
}

void cbor_expect_array(struct cbor_reader *cbor, uint32_t count)
{
    expect_head(cbor, MAJOR_ARRAY, count);
}

void cbor_expect_map(struct cbor_reader *cbor, uint32_t count)
{
    expect_head(cbor, MAJOR_MAP, count);
}

void cbor_expect_tag(struct cbor_reader *cbor, uint32_t tag)
{
    expect_head(cbor, MAJOR_TAG, tag);
}

void cbor_expect_int(struct cbor_reader *cbor, int32_t value)
{
    if (value < 0) {
        expect_head(cbor, MAJOR_NEGATIVE, (uint32_t)(-1 - value));
    } else {
        expect_head(cbor, MAJOR_UINT, (uint32_t)value);
    }
}

bool cbor_next_is_int(struct cbor_reader *cbor, int32_t key)
{
    struct cbor_reader ahead = *cbor;
    cbor_expect_int(&ahead, key);
    if (!reader_ok(&ahead.reader)) {
        return false;
    }
    *cbor = ahead;
    return true;
}

int cbor_peek_major(struct cbor_reader *cbor)
{
    if (!reader_ok(&cbor->reader) || reader_remaining(&cbor->reader) == 0) {
        return -1;
    }
    return reader_peek(&cbor->reader) >> 5;
}

void cbor_enter_bytes(struct cbor_reader *outer, struct cbor_reader *inner)
{
    cbor_reader_init(inner, cbor_read_bytes(outer));
}

void cbor_leave_bytes(struct cbor_reader *outer, const struct cbor_reader *inner)
{
    struct error error = cbor_reader_finish(inner);
    if (!error_is_none(error)) {
        cbor_reader_fail(outer, error);
    }
}
