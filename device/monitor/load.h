/* Verified start of base and app: slot choice as in the ROM, attempts counted before the start.
 * source  DESIGN 4; threats T-04, T-05, T-16 */
#ifndef DEVICE_MONITOR_LOAD_H
#define DEVICE_MONITOR_LOAD_H

#include "base/error.h"

/* Base, signed under a release key set of the maker. A base whose slots were both given up is tried again rather than
 * never: what runs is verified either way, and a device without a base cannot be helped from afar.
 * errors  BOOT_NO_SLOT, BOOT_RECORD and flash errors */
MUST_USE struct error load_base(void);
/* App, signed under an app key set of the owner; the device must be claimed. Its absence leaves base alone.
 * errors  KEYSET_SIGNATURE (of the claim's app key set), BOOT_NO_SLOT, BOOT_RECORD and flash errors */
MUST_USE struct error load_app(void);

#endif
