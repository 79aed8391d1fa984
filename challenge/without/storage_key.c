/* Without a key that dies: sealed objects use the key that outlives epochs (T-21). */
#include "device/monitor/storage_key.h"

#include "device/monitor/state.h"
#include "device/secure/derive.h"

void storage_key(enum monitor_storage storage_class, struct span name, uint8_t key[32])
{
    (void)storage_class;
    derive_key(SPAN_OF(monitor.handoff.secrets.kept_key), MONITOR_LABEL_KEPT, name, key);
}
