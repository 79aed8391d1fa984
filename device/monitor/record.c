#include "device/monitor/record.h"

#include <string.h>

#include "base/secret.h"
#include "device/monitor/state.h"

struct error record_open(void)
{
    struct handoff_secrets *secrets = &monitor.handoff.secrets;
    struct error error = boot_record_open(&monitor.record, secrets->record_key);
    secret_wipe(secrets->record_key, sizeof(secrets->record_key));
    memcpy(&monitor.memory, monitor.record.state.monitor, sizeof(monitor.memory));
    return error;
}

struct error record_store(void)
{
    memcpy(monitor.record.state.monitor, &monitor.memory, sizeof(monitor.memory));
    return boot_record_store(&monitor.record);
}
