/* Once called, faults at every start, a number of times; it counts in memory that outlives its restarts. */
#include "device/runtime/runtime.h"

#define FAULT_COUNT 200u

static uint32_t left RUNTIME_KEPT;

void compartment_main(void)
{
    if (left > 0) {
        left--;
        __asm volatile("udf #0");
    }
    for (;;) {
        uint8_t bytes[4];
        struct buffer data = BUFFER_OF(bytes);
        struct runtime_event event;
        if (!error_is_none(runtime_receive(&data, 0, &event)) ||
            !error_is_none(runtime_reply(event.caller, SPAN_EMPTY))) {
            runtime_fail(1);
        }
        left = FAULT_COUNT;
        runtime_sleep_ms(5); /* the answer is on its way */
        left--;
        __asm volatile("udf #0");
    }
}
