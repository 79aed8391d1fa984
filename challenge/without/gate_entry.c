/* Without a look at the return address (T-11): a caller may make the gate's own return a magic one. */
#include "device/abi/monitor_call.h"
#include "device/monitor/armv8m/armv8m.h"

__attribute__((cmse_nonsecure_entry, used)) uint32_t monitor_call(uint32_t number, uint32_t size_in_bytes)
{
    return gate_call(number, size_in_bytes);
}
