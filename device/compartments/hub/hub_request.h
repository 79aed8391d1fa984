/* Reads the requests of device/runtime/hub_protocol.h; they come from apps, which may be hostile. */
#ifndef DEVICE_COMPARTMENTS_HUB_HUB_REQUEST_H
#define DEVICE_COMPARTMENTS_HUB_HUB_REQUEST_H

#include "base/error.h"
#include "base/span.h"
#include "device/runtime/hub_protocol.h"

struct hub_request {
    uint8_t quality_of_service; /* 0 or 1 */
    struct span suffix;         /* parts of letters, digits, '-', '_', '.' with '/' between them; borrowed */
    struct span payload;        /* borrowed */
};

/* errors  KERNEL_ARGUMENT (also for a suffix that could mean another topic: wildcards, empty parts), MQTT_SIZE */
MUST_USE struct error hub_request_parse(struct span input, struct hub_request *out);

#endif
