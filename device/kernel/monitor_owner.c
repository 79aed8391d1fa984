#include "device/abi/monitor_call.h"
#include "device/kernel/monitor_queue.h"

#define OWNER_OFFSET_BYTES 1

/* Nobody names another compartment's objects (threats T-08, T-21). */
void monitor_queue_name_owner(uint32_t caller, uint32_t call, size_t size_bytes, uint8_t *data)
{
    if ((call == MONITOR_CALL_STORE || call == MONITOR_CALL_LOAD) && size_bytes > OWNER_OFFSET_BYTES) {
        data[OWNER_OFFSET_BYTES] = (uint8_t)caller;
    }
}
