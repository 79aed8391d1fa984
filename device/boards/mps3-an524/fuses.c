/* The fuses are a blob of their own in the read-only boot memory. */
#include "device/hal/fuses.h"

#include "device/abi/fuses.h"
#include "device/abi/memory_map.h"

_Static_assert(FUSES_SIZE_BYTES <= MEMORY_FUSES_SIZE, "the fuses fit their place");

struct span hal_fuses_read(void)
{
    return span_of((const void *)MEMORY_FUSES_BASE, FUSES_SIZE_BYTES);
}
