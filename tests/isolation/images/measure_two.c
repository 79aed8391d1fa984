/* Gives way until it is called, then answers. */
#include "device/runtime/runtime.h"

#define ROUND_COUNT 50000u

void compartment_main(void)
{
    for (uint32_t round = 0; round < ROUND_COUNT; round++) {
        runtime_sleep_ms(0);
    }
    for (;;) {
        uint8_t bytes[16];
        struct buffer data = BUFFER_OF(bytes);
        struct runtime_event event;
        if (!error_is_none(runtime_receive(&data, 0, &event)) ||
            !error_is_none(runtime_reply(event.caller, span_of_buffer(&data)))) {
            runtime_fail(1);
        }
    }
}
