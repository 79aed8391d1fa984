#include "base/secret.h"

#include <stdint.h>

void secret_wipe(void *data, size_t size_bytes)
{
    volatile uint8_t *bytes = data;
    for (size_t index = 0; index < size_bytes; index++) {
        bytes[index] = 0;
    }
}
