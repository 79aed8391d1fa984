/* Without the copy of a call's input (T-09): what was checked can be something else when it is used. */
#include "base/error.h"
#include "base/span.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/monitor.h"

#include <string.h>

#define MAILBOX ((struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE)

static uint8_t output[MONITOR_MAILBOX_DATA_SIZE_BYTES];

uint32_t gate_dispatch(uint32_t number, uint32_t size_in_bytes)
{
    if (size_in_bytes > sizeof MAILBOX->data) {
        return ERROR_CODE_MONITOR_ARGUMENT;
    }
    struct buffer out = BUFFER_OF(output);
    struct error error = monitor_dispatch(number, span_of(MAILBOX->data, size_in_bytes), &out);
    if (error_is_none(error)) {
        memcpy(MAILBOX->data, output, out.size);
        MAILBOX->size_bytes = (uint32_t)out.size;
    }
    return error.code;
}
