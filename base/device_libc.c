/* For images without a libc: the four functions that the compiler itself calls, and the three
 * for strings that Mbed TLS uses. Built without loop recognition (base/meson.build), or each
 * would become a call of itself. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static int word_aligned(const void *first, const void *second) {
    return (((uintptr_t)first | (uintptr_t)second) & (sizeof(uint32_t) - 1U)) == 0U;
}

/* A word that may alias any object, as these functions are given any. */
typedef uint32_t __attribute__((may_alias)) any_word;

/* Copies upwards; right for overlapping ranges too when the destination is the lower one. */
static void copy_upwards(uint8_t *to, const uint8_t *from, size_t size) {
    if (word_aligned(to, from)) {
        for (; size >= sizeof(any_word); size -= sizeof(any_word)) {
            *(any_word *)(void *)to = *(const any_word *)(const void *)from;
            to += sizeof(any_word);
            from += sizeof(any_word);
        }
    }
    for (; size > 0U; size--) {
        *to++ = *from++;
    }
}

void *memcpy(void *restrict destination, const void *restrict source, size_t size) {
    copy_upwards(destination, source, size);
    return destination;
}

void *memmove(void *destination, const void *source, size_t size) {
    uint8_t *to = destination;
    const uint8_t *from = source;
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_upwards(to, from, size);
        return destination;
    }
    while (size > 0U) {
        size--;
        to[size] = from[size];
    }
    return destination;
}

void *memset(void *destination, int value, size_t size) {
    uint8_t *to = destination;
    const uint8_t byte = (uint8_t)value;
    if (word_aligned(to, to)) {
        const any_word word = byte * UINT32_C(0x01010101);
        for (; size >= sizeof(any_word); size -= sizeof(any_word)) {
            *(any_word *)(void *)to = word;
            to += sizeof(any_word);
        }
    }
    for (; size > 0U; size--) {
        *to++ = byte;
    }
    return destination;
}

int memcmp(const void *first, const void *second, size_t size) {
    const uint8_t *left = first;
    const uint8_t *right = second;
    for (size_t index = 0U; index < size; index++) {
        if (left[index] != right[index]) {
            return left[index] < right[index] ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t size = 0U;
    while (text[size] != '\0') {
        size++;
    }
    return size;
}

char *strchr(const char *text, int character) {
    const char wanted = (char)character;
    for (;; text++) {
        if (*text == wanted) {
            return (char *)(uintptr_t)text;
        }
        if (*text == '\0') {
            return NULL;
        }
    }
}

int strcmp(const char *first, const char *second) {
    while (*first != '\0' && *first == *second) {
        first++;
        second++;
    }
    return (int)(unsigned char)*first - (int)(unsigned char)*second;
}
