/* What is behind the one way in (gate_entry.c). Runs on the call stack, pre-emptible as a whole. */
#include "base/error.h"
#include "device/monitor/armv8m/armv8m.h"

uint32_t gate_call(uint32_t number, uint32_t size_in_bytes)
{
    uint32_t refused = gate_enter();
    if (refused != ERROR_CODE_NONE) {
        return refused;
    }
    uint32_t code = gate_dispatch(number, size_in_bytes);
    gate_leave();
    return code;
}
