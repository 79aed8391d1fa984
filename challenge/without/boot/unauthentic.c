/* T-06 taken out: every MAC of the boot record is good. */
#include "base/constant_time.h"

bool __wrap_constant_time_equal(const void *a, const void *b, size_t size_bytes);

bool __wrap_constant_time_equal(const void *a, const void *b, size_t size_bytes)
{
    (void)a;
    (void)b;
    (void)size_bytes;
    return true;
}
