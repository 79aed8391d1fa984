/* The trial of an update. It ends well when an answer of the service was accepted while it runs; it ends badly when its
 * slot does not start three times (load.c, the ROM). Lack of contact is neither: after TRIAL_HOURS the version before it
 * takes its turn, then the update again, and so on. If only the version before it has contact, TRIAL_ROUNDS times, the
 * update has failed. A start counts as an hour, so that an update which runs, has no contact and falls over is not tried
 * for ever; and a jammer does not bring the old version back for good.
 * source  DESIGN 4; docs/protocol/update.md; threat T-16 */
#ifndef DEVICE_MONITOR_TRIAL_H
#define DEVICE_MONITOR_TRIAL_H

#include "device/monitor/state.h"

#define TRIAL_HOURS 24
#define TRIAL_ROUNDS 3

/* The update in slot_index is installed; the caller stores the record, which names that slot. */
void trial_begin(enum component component, uint32_t slot_index, uint32_t sequence);
/* True if an update of the component waits, is on trial, or has given way to the version before it for now. */
bool trial_is_open(enum component component);
/* Neither slot starts: a trial that is open has failed. The caller stores the record. */
void trial_end(enum component component);
/* After the slots were chosen: a trial whose slot was passed over has failed; those that are open have had another start,
 * which may have been the last of this turn: then it resets.  errors  FLASH_* */
MUST_USE struct error trial_start(void);
/* The component reports that it runs. True if the record is to be stored. */
bool trial_confirm(enum component component);
/* An hour has gone by. May reset.  errors  FLASH_* */
MUST_USE struct error trial_hour(void);

#endif
