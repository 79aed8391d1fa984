/* The boot record as the monitor uses it: with monitor.memory in it. */
#ifndef DEVICE_MONITOR_RECORD_H
#define DEVICE_MONITOR_RECORD_H

#include "base/error.h"

/* Opens it, or begins a new one.  errors  BOOT_RECORD (a new one was begun), FLASH_* */
MUST_USE struct error record_open(void);
/* Stores monitor.record.state and monitor.memory.  errors  FLASH_* */
MUST_USE struct error record_store(void);

#endif
