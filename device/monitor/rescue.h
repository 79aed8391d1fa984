/* A signed base over the secure UART, for a board whose base slots are both bad. The same rules as for an update: the
 * manifest is verified before anything is erased, and what is written is verified again when it boots. Whoever holds the
 * wire is trusted with nothing; he could cut it as well.
 * Console lines, which are also the answers of the protocol:
 *     monitor: rescue waits                 every few seconds; after a minute without a frame the board resets
 *     monitor: rescue <offset> of <size>    the next bytes are wanted
 *     monitor: rescue done                  and the board resets
 *     monitor: rescue 0x030b                refused, and why
 * source  DESIGN 4; docs/protocol/rescue.md; threats T-04, T-05, T-07 */
#ifndef DEVICE_MONITOR_RESCUE_H
#define DEVICE_MONITOR_RESCUE_H

#include "device/abi/slot.h"

/* Serves the wire until a base stands or nobody has sent a frame for a minute; then the caller resets. */
void rescue_run(void);

/* rescue_begin.c: refuses what is not a base, then update_begin.
 * errors  MANIFEST_COMPONENT and those of update_begin: nothing was written; FLASH_* */
MUST_USE struct error rescue_begin(const struct slot_header *header);

#endif
