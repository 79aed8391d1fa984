/* Text that people type and read: numbers, hexadecimal, names, UUIDs, base64. Parsers write only on success. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "base/span.h"

/* Decimal, whole string, at most max. */
bool text_parse_uint(const char *text, uint64_t max, uint64_t *value);
/* Exactly size_bytes in hexadecimal, either case. */
bool text_parse_hex(const char *text, uint8_t *out, size_t size_bytes);
/* Lower case; out holds 2 * bytes.size + 1. */
void text_format_hex(struct span bytes, char *out);
/* 8-4-4-4-12 hexadecimal digits. */
bool text_parse_uuid(const char *text, uint8_t uuid[16]);
#define TEXT_UUID_SIZE_BYTES 37
void text_format_uuid(const uint8_t uuid[16], char out[TEXT_UUID_SIZE_BYTES]);
/* Names of makers, boards and operators become file names, certificate subjects and broker user names, so they are
 * 1 to 32 of a-z, 0-9, '-', starting with a letter. */
#define TEXT_NAME_SIZE_BYTES_MAX 32
#define TEXT_BATCH_RULE "use 1 to 16 characters of A-Z, a-z, 0-9, '.', '_' and '-'"
#define TEXT_NAME_RULE "use 1 to 32 characters of a-z, 0-9 and '-', starting with a letter"
bool text_is_name(const char *text);
/* Printable ASCII without spaces, 1 to 16 characters: a batch. */
bool text_is_batch(const char *text);
/* Replaces everything but printable ASCII: what boards and services say must not drive the operator's terminal. */
void text_clean(char *text);
/* Milli-units from a decimal with up to three digits after the point: "21.5" gives 21500. */
bool text_parse_milli(const char *text, int32_t min, int32_t max, int32_t *value);
/* Standard base64; the caller frees it. NULL only when memory is exhausted. */
char *text_base64_of(struct span bytes);

#endif
