/* Sends every message back, reversed, so that an answer cannot be the sender's own bytes by accident. */
#include "device/runtime/runtime.h"

void compartment_main(void)
{
    static uint8_t bytes[64];
    for (;;) {
        struct buffer data = BUFFER_OF(bytes);
        struct runtime_event event;
        if (!error_is_none(runtime_receive(&data, 0, &event)) || event.event != KERNEL_EVENT_MESSAGE) {
            continue;
        }
        for (size_t index = 0; index < data.size / 2; index++) {
            uint8_t byte = bytes[index];
            bytes[index] = bytes[data.size - 1 - index];
            bytes[data.size - 1 - index] = byte;
        }
        if (!error_is_none(runtime_reply(event.caller, span_of_buffer(&data)))) {
            runtime_log("server: the caller is gone");
        }
    }
}
