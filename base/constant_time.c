#include "base/constant_time.h"

#include <stdint.h>

bool constant_time_equal(const void *a, const void *b, size_t size_bytes)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint32_t difference = 0;
    for (size_t index = 0; index < size_bytes; index++) {
        difference |= (uint32_t)(left[index] ^ right[index]);
    }
    return difference == 0;
}
