/* An app that does little and keeps count of its starts. */
#include "device/runtime/runtime.h"

static uint32_t start_count RUNTIME_KEPT;

void compartment_main(void)
{
    start_count++;
    for (;;) {
        runtime_sleep_ms(3);
    }
}
