/* Groups of devices. */
#include <string.h>

#include "base/ensure.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"

static void visit_group(void *context, const char *name, uint64_t device_count)
{
    json_t *group = json_pack("{s:s, s:I}", "name", name, "devices", (json_int_t)device_count);
    ENSURE(json_array_append_new(context, group) == 0);
}

struct error route_get_groups(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    json_t *array = json_array();
    result->document = json_object();
    json_put(result->document, "groups", array);
    return store_group_list(core->store, visit_group, array);
}

/* Also for a device that has never checked in: it can be sorted before it is switched on. */
struct error route_post_device_group(struct core *core, struct span argument, json_t *body,
                                     struct route_result *result)
{
    struct ueid ueid;
    const char *name = NULL;
    if (!ueid_parse(argument, &ueid) || json_unpack(body, "{s:s !}", "group", &name) != 0 ||
        (name[0] != '\0' && !is_group_name(name))) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected a UEID and {\"group\": 1 to 32 of a-z, 0-9 and -, or empty for none}");
        return ERROR_NONE;
    }
    TRY(store_group_set(core->store, &ueid, name));
    result->document = json_object();
    json_put(result->document, "ueid", json_hex(ueid.bytes, sizeof ueid.bytes));
    json_put(result->document, "group", name[0] == '\0' ? json_null() : json_string(name));
    return ERROR_NONE;
}
