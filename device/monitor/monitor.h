/* The monitor: keys, evidence, storage, verified start of base and app.
 * Portable part; the gate, faults and partitioning of Armv8-M are in device/monitor/armv8m/.
 * Console lines:
 *     monitor: base a <sequence> <8 hex>      monitor: app b <sequence> <8 hex>
 *     monitor: base slot a 0x030b             refused, and why
 *     monitor: record 0x0b04                  the boot record was lost and is made anew
 *     monitor: claim refused 0x0503           the stored claim does not hold: the device counts as unclaimed
 *     monitor: no app 0x0b03                  claimed, and no app may run: base runs alone
 *     monitor: claim <owner root digest, 8 hex>       ownership accepted, takes effect at the next reset
 *     monitor: refresh <epoch> <reason>       ordered by the service; the board resets into its next epoch
 *     monitor: start <mode>                   the non-secure world starts: normal, isolated or unclaimed
 *     monitor: fault <compartment> <cause> <pc>
 *     ns: <text> */
#ifndef DEVICE_MONITOR_MONITOR_H
#define DEVICE_MONITOR_MONITOR_H

#include "base/error.h"
#include "base/span.h"
#include "formats/token/evidence.h"

/* Takes over from the ROM: copies and wipes the hand-over, opens the record, verifies and copies base and app into
 * their areas. Afterwards the caller starts the non-secure world.
 * errors  BOOT_NO_SLOT: no base may run; the caller may try rescue_run, then resets
 *         and internal ones; the caller resets */
MUST_USE struct error monitor_start(void);

/* One call. in and out are secure copies; out->size is set only on success.
 * errors  MONITOR_*, and those of each call in device/abi/monitor_call.h */
MUST_USE struct error monitor_dispatch(uint32_t number, struct span in, struct buffer *out);

/* Counts a fault for the evidence; callable from fault handlers. */
void monitor_count_fault(enum fault_kind kind);

/* Called every 100 ms from the secure timer; feeds the watchdog while the monitor's own state allows it. */
void monitor_tick(void);

#endif
