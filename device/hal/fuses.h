/* Raw fuse bytes (device/abi/fuses.h), FUSES_SIZE_BYTES of them, valid for the whole boot. */
#ifndef DEVICE_HAL_FUSES_H
#define DEVICE_HAL_FUSES_H

#include "base/span.h"

struct span hal_fuses_read(void);

#endif
