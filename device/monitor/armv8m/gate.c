/* What is behind the one way in (gate_entry.c). Runs on the call stack, pre-emptible as a whole. */
#include "base/error.h"
#include "base/span.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/monitor.h"

#include <assert.h>
#include <string.h>

#define MAILBOX ((struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE)

static_assert(sizeof(struct monitor_mailbox) <= MEMORY_MAILBOX_SIZE, "the mailbox fits its place");

/* Non-secure memory can change under a pre-empted call: inputs are read once, into these, outputs written at the end. */
static uint8_t input[MONITOR_MAILBOX_DATA_SIZE_BYTES];
static uint8_t output[MONITOR_MAILBOX_DATA_SIZE_BYTES];

static uint32_t call(uint32_t number, uint32_t size_in_bytes)
{
    if (size_in_bytes > sizeof input) {
        return ERROR_CODE_MONITOR_ARGUMENT;
    }
    memcpy(input, MAILBOX->data, size_in_bytes);
    struct buffer out = BUFFER_OF(output);
    struct error error = monitor_dispatch(number, span_of(input, size_in_bytes), &out);
    if (error_is_none(error)) {
        memcpy(MAILBOX->data, output, out.size);
        MAILBOX->size_bytes = (uint32_t)out.size;
    }
    return error.code;
}

uint32_t gate_call(uint32_t number, uint32_t size_in_bytes)
{
    uint32_t refused = gate_enter();
    if (refused != ERROR_CODE_NONE) {
        return refused;
    }
    uint32_t code = call(number, size_in_bytes);
    gate_leave();
    return code;
}
