/* The two tables of compartments: base's, which the kernel cannot run without, and the app's, which it can. */
#ifndef DEVICE_KERNEL_SYSTEM_H
#define DEVICE_KERNEL_SYSTEM_H

#include "base/error.h"
#include "device/abi/system_table.h"

#include <stdbool.h>

/* Reads base's table and starts its compartments.  errors  KERNEL_SYSTEM */
MUST_USE struct error system_start_base(void);
/* Once the monitor has said that it verified the app: reads its table and starts it. A malformed table leaves base. */
void system_start_app(void);
/* What was declared of the network, base's first. False: there are no more than index. */
MUST_USE bool system_endpoint(uint32_t index, struct system_endpoint *endpoint);

#endif
