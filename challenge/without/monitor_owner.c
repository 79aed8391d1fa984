/* Without the kernel's word on who asks for a stored object (T-08, T-21): the owner is whom the request names. */
#include "device/kernel/monitor_queue.h"

void monitor_queue_name_owner(uint32_t caller, uint32_t call, size_t size_bytes, uint8_t *data)
{
    (void)caller;
    (void)call;
    (void)size_bytes;
    (void)data;
}
