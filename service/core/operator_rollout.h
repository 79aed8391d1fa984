/* What the files of the rollouts' routes share. */
#ifndef SERVICE_CORE_OPERATOR_ROLLOUT_H
#define SERVICE_CORE_OPERATOR_ROLLOUT_H

#include "service/core/operator_routes.h"

/* A rollout with its counts; a new reference.  errors  STORE_* */
MUST_USE struct error rollout_json(struct core *core, const struct rollout_record *rollout, json_t **out);

#endif
