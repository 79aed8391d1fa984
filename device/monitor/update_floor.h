/* Whether what an image's key set drops may be dropped. */
#ifndef DEVICE_MONITOR_UPDATE_FLOOR_H
#define DEVICE_MONITOR_UPDATE_FLOOR_H

#include <stdbool.h>

#include "formats/identity/identity.h"

/* True if the component has been confirmed and both its slots hold what runs: there is nothing left to fall back to that a
 * floor could refuse (threat T-07). */
bool update_floor_may_rise(enum component component);

#endif
