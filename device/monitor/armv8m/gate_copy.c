/* Between mailbox and portable monitor. */
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

/* Non-secure memory can change under a pre-empted call. So inputs are read once, into the first of these: what is checked
 * is what is used. Outputs are made in the second and written at the end: the monitor never reads back what it has given
 * away, and a call that fails gives nothing away (threat T-09). */
static uint8_t input[MONITOR_MAILBOX_DATA_SIZE_BYTES];
static uint8_t output[MONITOR_MAILBOX_DATA_SIZE_BYTES];

uint32_t gate_dispatch(uint32_t number, uint32_t size_in_bytes)
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
