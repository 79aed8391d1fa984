/* Alerts, for people. */
#include "base/ensure.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"

#define ALERT_COUNT_MAX 500

static void visit_alert(void *context, const struct alert_record *alert)
{
    json_t *object = json_object();
    json_put(object, "ueid", json_hex(alert->ueid.bytes, sizeof alert->ueid.bytes));
    json_put(object, "rule", json_string(alert_rule_name(alert->rule)));
    json_put(object, "action", json_string(alert_action_name(alert->action)));
    json_put(object, "first", json_number(alert->first_s));
    json_put(object, "last", json_number(alert->last_s));
    json_put(object, "count", json_number(alert->count));
    json_put(object, "sentence", json_string(alert->sentence));
    ENSURE(json_array_append_new(context, object) == 0);
}

struct error route_get_alerts(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    json_t *array = json_array();
    result->document = json_object();
    json_put(result->document, "alerts", array);
    return store_alert_list(core->store, ALERT_COUNT_MAX, visit_alert, array);
}
