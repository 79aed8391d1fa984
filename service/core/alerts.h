/* What the rules over evidence lead to (service/decide/alert.h). */
#ifndef SERVICE_CORE_ALERTS_H
#define SERVICE_CORE_ALERTS_H

#include "service/core/core.h"

/* Runs the rules over a check-in, keeps what fires, orders the refresh or quarantine that follows, and says so in the
 * decision. Inside the check-in's transaction.  errors  STORE_* */
MUST_USE struct error alerts_take(struct core *core, const struct decide_input *input, struct decide_output *output);

#endif
