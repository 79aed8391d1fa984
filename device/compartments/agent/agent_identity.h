/* Who this device is, as the monitor says. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_IDENTITY_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_IDENTITY_H

#include "base/error.h"
#include "formats/identity/identity.h"

#define AGENT_IDENTITY_HOST_SIZE_BYTES_MAX 64

struct agent_identity {
    struct ueid ueid;
    uint32_t epoch;
    uint32_t boot_count;
    bool claimed;
    uint16_t port;
    char host[AGENT_IDENTITY_HOST_SIZE_BYTES_MAX]; /* terminated */
};

/* errors  MONITOR_*, KERNEL_*; MONITOR_ARGUMENT if the reply cannot be read */
MUST_USE struct error agent_identity_read(struct agent_identity *identity);

#endif
