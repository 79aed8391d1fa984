/* After a component has reported that it runs, and is not on trial, its image is copied to the other slot, so that the
 * fallback is what runs and floors may move. A kilobyte a tick; what is equal already is only read. The other slot's header
 * goes first and comes last, behind a digest over the copy as it stands, so that a power cut leaves a slot without a
 * header or a whole one (threat T-07), and the next boot goes on. What it costs a call is nothing: the tick does it between
 * calls.
 * source  DESIGN 4; docs/protocol/update.md */
#ifndef DEVICE_MONITOR_SLOT_COPY_H
#define DEVICE_MONITOR_SLOT_COPY_H

#include "formats/identity/identity.h"

/* The next slice, if there is anything to do. */
void slot_copy_step(void);
/* True if both slots hold what runs, as found in this boot. */
bool slot_copy_is_done(enum component component);

#endif
