#include "device/sdk/sdk_call.h"

#include "device/runtime/runtime.h"

struct error sdk_call(uint32_t compartment, struct span request, struct buffer *reply, uint32_t timeout_ms)
{
    return runtime_call(compartment, request, reply, timeout_ms);
}

bool sdk_wait_call(struct buffer *request, uint32_t timeout_ms, uint32_t *caller)
{
    struct runtime_event event;

    /* 0 would be for ever. */
    if (!error_is_none(runtime_receive(request, timeout_ms > 0 ? timeout_ms : 1, &event))) {
        runtime_fail(ERROR_CODE_KERNEL_ARGUMENT);
    }
    *caller = event.caller;
    return event.event == KERNEL_EVENT_MESSAGE;
}

void sdk_answer(uint32_t caller, struct span reply)
{
    struct error ignored = runtime_reply(caller, reply);
    (void)ignored;
}
