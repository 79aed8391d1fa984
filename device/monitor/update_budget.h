/* The day's share of updates that erase: a block of flash is erased at most once for each beginning, so the number of
 * beginnings bounds the wear of every block. The day is that of signed answers, and the count is in the boot record: neither
 * resets nor an owned kernel bring it back.
 * source  DESIGN 4; docs/protocol/update.md */
#ifndef DEVICE_MONITOR_UPDATE_BUDGET_H
#define DEVICE_MONITOR_UPDATE_BUDGET_H

#include "base/error.h"

/* A flash of 100,000 erases a block lasts 8 years of days that are used up whole. */
#define UPDATE_BUDGET_PER_DAY 32

/* Takes one, durably.  errors  MONITOR_WEAR, FLASH_* */
MUST_USE struct error update_budget_take(void);

#endif
