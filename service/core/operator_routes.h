/* What each request of the operators' API does. Called with the operator's role already checked. */
#ifndef SERVICE_CORE_OPERATOR_ROUTES_H
#define SERVICE_CORE_OPERATOR_ROUTES_H

#include <jansson.h>

#include "service/core/core.h"

/* The outcome of a route: a status with a document, or a problem. */
struct route_result {
    uint16_t status;
    json_t *document;   /* new reference; NULL for a problem */
    struct error error; /* the problem */
    const char *detail; /* static text or NULL */
};

/* Sets the result.  errors  STORE_* other than NOT_FOUND and CONFLICT: the request failed as a whole */
typedef struct error route_function(struct core *core, struct span argument, json_t *body,
                                    struct route_result *result);

route_function route_get_devices, route_get_device, route_get_explain, route_get_releases, route_get_vouchers,
    route_get_makers, route_get_operators, route_get_status, route_get_images, route_get_rollouts,
    route_get_rollout, route_get_groups, route_get_keysets, route_get_alerts, route_get_refreshes, route_get_refresh;
route_function route_post_release, route_post_voucher, route_post_maker, route_post_operator, route_post_image,
    route_post_rollout, route_post_rollout_pause, route_post_rollout_resume, route_post_rollout_abort,
    route_post_rollout_finish, route_post_rollout_retry, route_post_device_group, route_post_refresh,
    route_post_refresh_abort, route_post_image_delete, route_post_keyset, route_post_control_key, route_post_quarantine, route_post_release_device;

route_function route_get_failures, route_get_failure, route_post_symbols;

/* Makes a result a problem. */
void route_problem(struct route_result *result, uint16_t status, struct error error, const char *detail);

#endif
