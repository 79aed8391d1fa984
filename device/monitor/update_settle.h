/* What an update leads to once it stands in both slots: floors move.
 * source  DESIGN 3; docs/protocol/update.md; threat T-05 */
#ifndef DEVICE_MONITOR_UPDATE_SETTLE_H
#define DEVICE_MONITOR_UPDATE_SETTLE_H

#include "base/error.h"

/* Called when a component was confirmed, and when it stands in both slots: requests the generation of the release key set
 * from the ROM, or takes the app key set that waits, if nothing that the device may fall back to is lost by it.
 * errors  FLASH_* */
MUST_USE struct error update_settle(void);

#endif
