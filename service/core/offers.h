/* Updates in a check-in: each component's rollouts are asked, and what follows is written and offered.
 * source  docs/decisions/0022-rollouts.md */
#ifndef SERVICE_CORE_OFFERS_H
#define SERVICE_CORE_OFFERS_H

#include <jansson.h>

#include "service/core/core.h"
#include "service/core/failures.h"

struct offers {
    size_t count;
    struct checkin_offer list[CHECKIN_OFFER_COUNT_MAX];
};

/* Keeps what an accepted check-in says about updates; before offers_decide.  errors  STORE_* */
MUST_USE struct error offers_take_reports(struct core *core, const struct ueid *ueid,
                                          const struct checkin_request *request, uint64_t time_s);
/* For an accepted check-in, inside its savepoint. record is as it was saved; what was decided is added to
 * decision->detail.  errors  STORE_* */
MUST_USE struct error offers_decide(struct core *core, const struct device_record *record,
                                    const struct failure_news *failures, struct decision_record *decision,
                                    struct offers *out);
/* The same without writing: why this device is or is not offered what is being rolled out.  errors  STORE_* */
MUST_USE struct error offers_explain(struct core *core, const struct device_record *record, json_t **out);

#endif
