#include "device/monitor/storage_key.h"

#include "device/monitor/state.h"
#include "device/secure/derive.h"

void storage_key(enum monitor_storage storage_class, struct span name, uint8_t key[32])
{
    if (storage_class == MONITOR_STORAGE_SEALED) {
        /* CDI_seal dies with the epoch, and what was sealed with it (threat T-21). */
        derive_key(SPAN_OF(monitor.handoff.secrets.cdi_seal), MONITOR_LABEL_SEALED, name, key);
    } else {
        derive_key(SPAN_OF(monitor.handoff.secrets.kept_key), MONITOR_LABEL_KEPT, name, key);
    }
}
