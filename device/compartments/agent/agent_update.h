/* Updates: each image that a check-in has offered is fetched by ranges and handed to the monitor, which verifies and
 * writes it. After a failure the next try asks the other server (agent_fetch.h).
 *
 *     GET header -> UPDATE_BEGIN -> offset   -> GET piece -> UPDATE_WRITE -> ... -> UPDATE_FINISH -> RESET
 * Where to go on after a lost connection or a reset is what UPDATE_BEGIN says. The agent vouches for nothing: a byte that
 * was altered on the way is found by the monitor (threat T-04).
 * source  docs/protocol/update.md */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_UPDATE_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_UPDATE_H

#include "device/compartments/agent/agent_checkin.h"
#include "device/compartments/agent/agent_patch.h"

/* Fetches what result offers. An image that the monitor or the service refuses is logged and passed over; with one or more
 * finished it asks for the reset, which does not return on a device. An offer's patch is tried first; if that comes to
 * nothing, the next check-in says why, and the whole image is fetched after it, from its first byte, since the patch may
 * have made any of those that stand. The patch is not tried again before the next start.
 * patch   zeros before the first call
 * errors  NET_*, TLS_*: the connection was lost twice in a row; of a patch that came to nothing: check in again soon, the
 *         next check-in's offers go on */
MUST_USE struct error agent_update_run(struct agent_checkin *checkin, const struct agent_identity *identity,
                                       const struct agent_checkin_result *result, struct agent_patch *patch);

#endif
