/* Where images run. On the emulated board these are fixed addresses (device/abi/memory_map.h), on the host board
 * arrays. Secure code only; the base and app areas are reached through the non-secure alias. */
#ifndef DEVICE_HAL_MEMORY_H
#define DEVICE_HAL_MEMORY_H

#include "base/span.h"
#include "device/abi/handoff.h"
#include "formats/identity/identity.h"

/* Area that the component's image is copied into; size is the whole area. */
struct buffer hal_memory_image_area(enum component component);
struct handoff *hal_memory_handoff(void);

#endif
