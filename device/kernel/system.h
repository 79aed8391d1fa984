/* The two tables of compartments: base's, which the kernel cannot run without, and the app's, which it can. */
#ifndef DEVICE_KERNEL_SYSTEM_H
#define DEVICE_KERNEL_SYSTEM_H

#include "base/error.h"

/* Reads base's table and starts its compartments.  errors  KERNEL_SYSTEM */
MUST_USE struct error system_start_base(void);
/* Once the monitor has said that it verified the app: reads its table and starts it. A malformed table leaves base. */
void system_start_app(void);

#endif
