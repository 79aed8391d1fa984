/* What the plug-in knows about devices: what the journal has revoked, and who is connected under which epoch.
 * Memory grows with the number of devices named by journal or connections, about 100 bytes each. */
#ifndef BROKER_DEVICES_H
#define BROKER_DEVICES_H

#include <stdbool.h>

#include "formats/revocation/revocation.h"

struct device {
    struct ueid ueid;
    uint32_t epoch_min; /* 0: none named yet */
    bool is_quarantined;
    const void *client; /* the broker's, compared only; NULL: not connected */
    uint32_t client_epoch;
};

struct devices;

/* NULL: out of memory. */
struct devices *devices_open(void);
void devices_close(struct devices *devices);
/* The device of this name, made if there was none; NULL: out of memory. Stays where it is until devices_close. */
struct device *devices_get(struct devices *devices, const struct ueid *ueid);
/* Applies a journal's entry. Epochs only rise. */
void device_revoke(struct device *device, const struct revocation *entry);
/* May the device be connected with a certificate of this epoch? */
bool device_may_connect(const struct device *device, uint32_t epoch);

#endif
