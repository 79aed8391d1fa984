/* Without a memory of its own for a call's output (T-09): what the monitor has written can be something else when it
 * signs it. */
#include "base/error.h"
#include "base/span.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/monitor.h"

#include <string.h>

#define MAILBOX ((struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE)

static uint8_t input[MONITOR_MAILBOX_DATA_SIZE_BYTES];

uint32_t gate_dispatch(uint32_t number, uint32_t size_in_bytes)
{
    if (size_in_bytes > sizeof input) {
        return ERROR_CODE_MONITOR_ARGUMENT;
    }
    memcpy(input, MAILBOX->data, size_in_bytes);
    struct buffer out = BUFFER_OF(MAILBOX->data);
    struct error error = monitor_dispatch(number, span_of(input, size_in_bytes), &out);
    if (error_is_none(error)) {
        MAILBOX->size_bytes = (uint32_t)out.size;
    }
    return error.code;
}
