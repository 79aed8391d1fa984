/* What the device can say about its updates: call UPDATE_STATUS, and the lines of refusals. */
#ifndef DEVICE_MONITOR_UPDATE_STATUS_H
#define DEVICE_MONITOR_UPDATE_STATUS_H

#include "device/abi/slot.h"
#include "device/monitor/state.h"

/* Remembers that what header says was refused, and prints it: "monitor: base 8 refused 0x0307". An error that says nothing
 * about the image (MONITOR_*, FLASH_*) is not remembered. */
void update_status_refused(const struct slot_header *header, struct error error);
/* How far the component's last update is; state NONE if there was none.  errors  FLASH_* */
MUST_USE struct error update_status_read(enum component component, struct update_report *report);

#endif
