/* Failure records: what went wrong in the non-secure world, kept in flash until the service has it. Survives resets,
 * refreshes and power cuts; each record is reported until it is acknowledged, and never changes once it was given out.
 * source  docs/protocol/failure.md; threats T-07, T-31 */
#ifndef DEVICE_MONITOR_FAILURE_H
#define DEVICE_MONITOR_FAILURE_H

#include "base/error.h"
#include "base/writer.h"
#include "formats/failure/failure.h"

/* Erasures at once, and the time for which one more is earned: nobody wears the flash out by failing. */
#define FAILURE_ERASE_BURST 32
#define FAILURE_ERASE_REFILL_MIN 15

/* Finds the newest record. Writes nothing.  errors  FLASH_* */
MUST_USE struct error failure_start(void);
/* Records a failure, in a record of its own or in one of this boot that is alike; numbers, boot, time, count and lost of
 * record are set here. Without room the failure is counted as lost.  errors  FLASH_* */
MUST_USE struct error failure_add(struct failure_record *record);
/* Appends a report of the oldest records that are not done, as many as fit into size_bytes_max; nothing if there are
 * none. has_more: others wait.  errors  FLASH_* */
MUST_USE struct error failure_report(uint32_t size_bytes_max, struct writer *out, bool *has_more);
/* The service has these. Only what was given out can be.  errors  MONITOR_NOT_FOUND (another log), FLASH_* */
MUST_USE struct error failure_done(uint32_t log, uint32_t number);

#endif
