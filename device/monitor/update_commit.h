/* The order in which a written image becomes the one that boots. */
#ifndef DEVICE_MONITOR_UPDATE_COMMIT_H
#define DEVICE_MONITOR_UPDATE_COMMIT_H

#include "device/monitor/state.h"

/* The slot's image stands whole: writes its header, then the boot record, so that the record never names a slot that
 * cannot boot (threat T-07).  errors  FLASH_* */
MUST_USE struct error update_commit(const struct update *update);
/* The two steps; a header stands from its first word on, which is written last. */
MUST_USE struct error update_write_header(const struct update *update);
MUST_USE struct error update_write_record(const struct update *update);

#endif
