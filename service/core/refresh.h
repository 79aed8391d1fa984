/* Refreshes: whose turn it is, and how far each device has come.
 * source  DESIGN 4 and 6, refresh; docs/protocol/operator-api.md */
#ifndef SERVICE_CORE_REFRESH_H
#define SERVICE_CORE_REFRESH_H

#include "service/core/core.h"

/* Orders one device to the next epoch, inside a transaction. Idempotent: one that has not yet reached what was ordered
 * before is not ordered further.
 * epoch   the epoch that was ordered
 * errors  STORE_* */
MUST_USE struct error refresh_order(struct core *core, const struct ueid *ueid, enum refresh_reason reason,
                                    uint64_t time_s, uint32_t *epoch);
/* Adds a refresh of this one device and orders it at once; nothing if one is under way. Inside a transaction. */
MUST_USE struct error refresh_start_one(struct core *core, struct refresh_record *refresh, const struct ueid *ueid);
/* After a check-in whose record was saved: raises the epoch that counts, and notes how far a refresh of the device has
 * come. Inside the check-in's transaction. */
MUST_USE struct error refresh_note(struct core *core, const struct decide_input *input,
                                   const struct decide_output *output);
/* Once a second, in a transaction of its own: gives the orders whose turn has come. Logs and goes on after an error. */
void refresh_tick(struct core *core);

#endif
