#include "cli/text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/identity/identity.h"

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

bool text_parse_uint(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t result = 0;
    for (const char *digit = text; *digit != 0; digit++) {
        if (*digit < '0' || *digit > '9') {
            return false;
        }
        uint64_t next = (uint64_t)(*digit - '0');
        if (result > (max - next) / 10 || next > max) {
            return false;
        }
        result = result * 10 + next;
    }
    if (*text == 0) {
        return false;
    }
    *value = result;
    return true;
}

bool text_parse_hex(const char *text, uint8_t *out, size_t size_bytes)
{
    if (strlen(text) != 2 * size_bytes || strspn(text, "0123456789abcdefABCDEF") != 2 * size_bytes) {
        return false;
    }
    for (size_t index = 0; index < size_bytes; index++) {
        out[index] = (uint8_t)(digit_value(text[2 * index]) * 16 + digit_value(text[2 * index + 1]));
    }
    return true;
}

void text_format_hex(struct span bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t index = 0; index < bytes.size; index++) {
        out[2 * index] = digits[bytes.data[index] >> 4];
        out[2 * index + 1] = digits[bytes.data[index] & 15];
    }
    out[2 * bytes.size] = 0;
}

bool text_parse_uuid(const char *text, uint8_t uuid[16])
{
    char digits[33];
    size_t count = 0;
    if (strlen(text) != TEXT_UUID_SIZE_BYTES - 1) {
        return false;
    }
    for (size_t index = 0; index < TEXT_UUID_SIZE_BYTES - 1; index++) {
        bool hyphen_due = index == 8 || index == 13 || index == 18 || index == 23;
        if (hyphen_due != (text[index] == '-')) {
            return false;
        }
        if (!hyphen_due) {
            digits[count++] = text[index];
        }
    }
    digits[count] = 0;
    return text_parse_hex(digits, uuid, 16);
}

void text_format_uuid(const uint8_t uuid[16], char out[TEXT_UUID_SIZE_BYTES])
{
    static const size_t group_sizes[] = {4, 2, 2, 2, 6};
    size_t offset = 0;
    for (size_t group = 0; group < 5; group++) {
        text_format_hex(span_of(uuid + offset, group_sizes[group]), out);
        out += 2 * group_sizes[group];
        offset += group_sizes[group];
        *out++ = group < 4 ? '-' : 0;
    }
}

bool text_is_name(const char *text)
{
    size_t size = strlen(text);
    return size >= 1 && size <= TEXT_NAME_SIZE_BYTES_MAX && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

bool text_is_batch(const char *text)
{
    size_t size = strlen(text);
    return size >= 1 && size <= BATCH_SIZE_BYTES_MAX &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == size;
}

bool text_parse_milli(const char *text, int32_t min, int32_t max, int32_t *value)
{
    bool negative = *text == '-';
    const char *digits = text + (negative ? 1 : 0);
    const char *point = strchr(digits, '.');
    char whole[8];
    char fraction[4] = "000";
    size_t whole_size = point != NULL ? (size_t)(point - digits) : strlen(digits);
    size_t fraction_size = point != NULL ? strlen(point + 1) : 0;
    if (whole_size == 0 || whole_size >= sizeof whole || fraction_size > 3 || (point != NULL && fraction_size == 0)) {
        return false;
    }
    memcpy(whole, digits, whole_size);
    whole[whole_size] = 0;
    if (fraction_size > 0) {
        memcpy(fraction, point + 1, fraction_size);
    }
    uint64_t units = 0;
    uint64_t thousandths = 0;
    if (!text_parse_uint(whole, 1000000, &units) || !text_parse_uint(fraction, 999, &thousandths)) {
        return false;
    }
    int64_t result = (int64_t)(units * 1000 + thousandths);
    result = negative ? -result : result;
    if (result < min || result > max) {
        return false;
    }
    *value = (int32_t)result;
    return true;
}

char *text_base64_of(struct span bytes)
{
    char *out = malloc(bytes.size / 3 * 4 + 5);
    if (out != NULL) {
        EVP_EncodeBlock((unsigned char *)out, bytes.data, (int)bytes.size);
    }
    return out;
}

void text_clean(char *text)
{
    for (char *byte = text; *byte != 0; byte++) {
        if (*byte < ' ' || *byte > '~') {
            *byte = '?';
        }
    }
}
