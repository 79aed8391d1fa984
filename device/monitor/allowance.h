/* Signature verifications that the non-secure world can ask for: a burst, then one every few seconds. Somebody who
 * forges answers or claims costs the device no more than that; a verification that succeeds is free.
 * source  DESIGN 4 */
#ifndef DEVICE_MONITOR_ALLOWANCE_H
#define DEVICE_MONITOR_ALLOWANCE_H

#include "base/error.h"

#define ALLOWANCE_BURST 8
#define ALLOWANCE_REFILL_MS 5000

/* Takes one.  errors  MONITOR_RATE */
MUST_USE struct error allowance_take(void);
/* Gives back what the last allowance_take took. */
void allowance_return(void);

#endif
