#include "broker/devices.h"

bool device_may_connect(const struct device *device, uint32_t epoch)
{
    /* T-24: a certificate of an epoch that was revoked is as good as none, however long it would still be valid. */
    return epoch >= device->epoch_min && !device->is_quarantined;
}
