/* The key of one stored record.  source  docs/protocol/storage.md 1; docs/decisions/0011-kept-storage.md */
#ifndef DEVICE_MONITOR_STORAGE_KEY_H
#define DEVICE_MONITOR_STORAGE_KEY_H

#include "base/span.h"
#include "device/abi/monitor_call.h"

/* name  class to counter, as they lie in the record; no two records have the same */
void storage_key(enum monitor_storage storage_class, struct span name, uint8_t key[32]);

#endif
