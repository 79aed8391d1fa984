/* Deterministic CBOR (RFC 8949 section 4.2.1), the subset that our formats use: unsigned and negative integers,
 * byte and text strings, arrays, maps, tags, booleans and null. Definite lengths only, shortest form only.
 * Both sides are sticky: a decoder reads like the CDDL beside it, and is checked once at the end. */
#ifndef FORMATS_CBOR_CBOR_H
#define FORMATS_CBOR_CBOR_H

#include "base/error.h"
#include "base/reader.h"
#include "base/span.h"
#include "base/writer.h"

struct cbor_reader {
    struct reader reader;
    struct error error; /* the first failure, else none */
};

void cbor_reader_init(struct cbor_reader *cbor, struct span input);
/* The sticky error; also CBOR_TRAILING if bytes are left over. Call it once, at the end of a message. */
MUST_USE struct error cbor_reader_finish(const struct cbor_reader *cbor);
/* The sticky error without the test for trailing bytes. */
MUST_USE struct error cbor_reader_error(const struct cbor_reader *cbor);
/* Marks the input bad, for rules above CBOR; the first error stays. */
void cbor_reader_fail(struct cbor_reader *cbor, struct error error);
/* CBOR_TYPE, CBOR_RANGE and CBOR_KEY as the format's own structure error, which tells a person more; others as is. */
MUST_USE struct error cbor_error_as(struct error error, struct error structure);

/* Each returns 0, false or an empty span after a failure. Spans borrow from the input. */
uint64_t cbor_read_uint(struct cbor_reader *cbor);
/* As cbor_read_uint; CBOR_RANGE if larger than max. */
uint32_t cbor_read_uint_max(struct cbor_reader *cbor, uint32_t max);
int64_t cbor_read_int(struct cbor_reader *cbor);
struct span cbor_read_bytes(struct cbor_reader *cbor);
/* CBOR_RANGE unless it is exactly size_bytes long. */
struct span cbor_read_bytes_exact(struct cbor_reader *cbor, size_t size_bytes);
/* Copies exactly size_bytes to out; leaves out alone after a failure. */
void cbor_read_bytes_into(struct cbor_reader *cbor, uint8_t *out, size_t size_bytes);
/* Text is checked to be printable UTF-8 without control characters; max in bytes. */
struct span cbor_read_text_max(struct cbor_reader *cbor, size_t size_bytes_max);
/* Text of any bytes, for what is compared as a whole, or not shown before cbor_text_is_printable has said yes. */
struct span cbor_read_text_unchecked_max(struct cbor_reader *cbor, size_t size_bytes_max);
bool cbor_text_is_printable(struct span text);
bool cbor_read_bool(struct cbor_reader *cbor);
void cbor_read_null(struct cbor_reader *cbor);
uint64_t cbor_read_tag(struct cbor_reader *cbor);
/* Entries that follow; CBOR_RANGE if more than max, or than 2^32-1. Map counts are pairs. */
size_t cbor_read_array(struct cbor_reader *cbor, size_t count_max);
size_t cbor_read_map(struct cbor_reader *cbor, size_t count_max);
/* CBOR_TYPE / CBOR_RANGE unless exactly this follows: fixed structure. */
void cbor_expect_array(struct cbor_reader *cbor, uint32_t count);
void cbor_expect_map(struct cbor_reader *cbor, uint32_t count);
void cbor_expect_tag(struct cbor_reader *cbor, uint32_t tag);
void cbor_expect_int(struct cbor_reader *cbor, int32_t value);
/* Map keys in order: integer keys of our maps are read in their deterministic order, so an optional entry is
 * "is this the next key?". Consumes the key only if it matches. false at the end of the input. */
bool cbor_next_is_int(struct cbor_reader *cbor, int32_t key);
/* Major type of the next item, 0 to 7, or -1 at the end or after a failure. */
int cbor_peek_major(struct cbor_reader *cbor);
/* A byte string that wraps CBOR (bstr .cbor): enter reads it and starts inner on its content; leave hands inner's
 * error, or CBOR_TRAILING, back to outer. After a failure of outer, inner fails too. */
void cbor_enter_bytes(struct cbor_reader *outer, struct cbor_reader *inner);
void cbor_leave_bytes(struct cbor_reader *outer, const struct cbor_reader *inner);
/* Raw bytes of the next whole item, nested at most 8 deep; used to keep a part as it was signed. Map keys inside must
 * ascend (RFC 8949 section 4.2.1). */
struct span cbor_read_raw(struct cbor_reader *cbor);

void cbor_write_uint(struct writer *writer, uint64_t value);
void cbor_write_int(struct writer *writer, int64_t value);
void cbor_write_bytes(struct writer *writer, struct span bytes);
/* Head alone: the caller writes exactly size_bytes next (a byte string that wraps CBOR). */
void cbor_write_bytes_head(struct writer *writer, size_t size_bytes);
void cbor_write_text(struct writer *writer, struct span text);
/* NUL-terminated constant. */
void cbor_write_text_literal(struct writer *writer, const char *text);
void cbor_write_bool(struct writer *writer, bool value);
void cbor_write_null(struct writer *writer);
void cbor_write_array(struct writer *writer, size_t count);
void cbor_write_map(struct writer *writer, size_t count);
void cbor_write_tag(struct writer *writer, uint64_t tag);

#endif
