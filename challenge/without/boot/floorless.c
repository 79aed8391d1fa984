/* T-05 taken out: the counters are not looked at. */
#include "device/hal/counter.h"

struct error __wrap_hal_counter_read(enum hal_counter counter, uint32_t *value);

struct error __wrap_hal_counter_read(enum hal_counter counter, uint32_t *value)
{
    (void)counter;
    *value = 0;
    return ERROR_NONE;
}
