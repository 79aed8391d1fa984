/* Objects of the app's compartment that outlive restarts and resets, numbered 0 to 255; a compartment sees its own only. Needs
 * the monitor calls "store" and "load". Writing wears the flash out: a few times an hour, not a second. */
#ifndef DEVICE_SDK_SDK_STORAGE_H
#define DEVICE_SDK_SDK_STORAGE_H

#include "base/error.h"
#include "base/span.h"

#define SDK_STORAGE_SIZE_BYTES_MAX 1024

enum sdk_storage {
    SDK_STORAGE_SEALED, /* secret; gone after a refresh or a change of owner */
    SDK_STORAGE_KEPT,   /* not secret, but nobody can change it unnoticed; survives a refresh: a calibration, a counter */
};

/* No bytes delete the object.  errors  MONITOR_CAPACITY, KERNEL_* */
MUST_USE struct error sdk_store(enum sdk_storage kind, uint8_t object, struct span data);
/* Appends what was stored last.  errors  MONITOR_NOT_FOUND, MONITOR_SEAL, KERNEL_* */
MUST_USE struct error sdk_load(enum sdk_storage kind, uint8_t object, struct buffer *data);

#endif
