/* Updates: a signed manifest is verified before anything is erased; then the image's plain bytes go, in order, to the slot
 * that does not run; the slot counts only once all of it stands. Progress survives resets (update_journal.h).
 * source  DESIGN 4; docs/protocol/update.md; threats T-04, T-05, T-07 */
#ifndef DEVICE_MONITOR_UPDATE_H
#define DEVICE_MONITOR_UPDATE_H

#include "device/abi/slot.h"

/* Verifies header and begins, or, unless anew, goes on where the same manifest was left; monitor.update tells where.
 * Afterwards nothing of header is borrowed.
 * errors  MONITOR_STATE, MONITOR_RATE, KEYSET_*, MANIFEST_*, COSE_*, CBOR_*: nothing was written; FLASH_* */
MUST_USE struct error update_begin(const struct slot_header *header, bool anew);
/* The next bytes of the image.
 * errors  MONITOR_STATE, MONITOR_CAPACITY, MONITOR_ARGUMENT (not whole words): nothing was written; FLASH_*: begin again */
MUST_USE struct error update_write(uint32_t offset_bytes, struct span bytes);
/* Verifies the image as it stands and makes its slot the active one.
 * errors  MONITOR_STATE (not begun, or not whole), MANIFEST_IMAGE_DIGEST (progress is forgotten), FLASH_* */
MUST_USE struct error update_finish(void);

#endif
