#include "broker/devices.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct devices {
    void *tree; /* of struct device, by UEID (tsearch: balanced in glibc) */
};

static int compare(const void *left, const void *right)
{
    const struct device *a = left;
    const struct device *b = right;
    return memcmp(a->ueid.bytes, b->ueid.bytes, sizeof a->ueid.bytes);
}

struct devices *devices_open(void)
{
    return calloc(1, sizeof(struct devices));
}

void devices_close(struct devices *devices)
{
    while (devices != NULL && devices->tree != NULL) {
        struct device *device = *(struct device **)devices->tree;
        tdelete(device, &devices->tree, compare);
        free(device);
    }
    free(devices);
}

struct device *devices_get(struct devices *devices, const struct ueid *ueid)
{
    struct device key = {.ueid = *ueid};
    struct device **found = tfind(&key, &devices->tree, compare);
    if (found != NULL) {
        return *found;
    }
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return NULL;
    }
    device->ueid = *ueid;
    if (tsearch(device, &devices->tree, compare) == NULL) {
        free(device);
        return NULL;
    }
    return device;
}

void device_revoke(struct device *device, const struct revocation *entry)
{
    switch (entry->kind) {
    case REVOCATION_EPOCH_MIN:
    case REVOCATION_ORDER:
        device->epoch_min = entry->epoch > device->epoch_min ? entry->epoch : device->epoch_min;
        return;
    case REVOCATION_QUARANTINE:
        device->is_quarantined = true;
        return;
    case REVOCATION_RELEASE:
        device->is_quarantined = false;
        return;
    }
}
