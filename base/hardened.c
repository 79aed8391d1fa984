#include "base/hardened.h"

uint32_t hardened_equal(const void *a, const void *b, size_t size_bytes)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint32_t difference = 0;
    volatile size_t compared_bytes = 0;
    for (size_t index = 0; index < size_bytes; index++) {
        difference |= (uint32_t)(left[index] ^ right[index]);
        compared_bytes++;
    }
    uint32_t second = hardened_launder(difference);
    if (difference == 0 && compared_bytes == size_bytes) {
        /* Repeated for a skip of the branch above. */
        if (second == 0 && compared_bytes == size_bytes) {
            return HARDENED_TRUE;
        }
    }
    return HARDENED_FALSE;
}

uint32_t hardened_confirm(uint32_t value, uint32_t expected)
{
    return hardened_launder(value) == expected ? HARDENED_TRUE : HARDENED_FALSE;
}
