/* What the service's rules over evidence have found. */
#include <jansson.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"

static struct outcome run_alert_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {{"ueid", "DEVICE"}, {"rule", "RULE"},   {"action", "ACTION"},
                                                   {"count", "TIMES"}, {"first", "FIRST"}, {"last", "LAST"},
                                                   {"sentence", "WHY"}};
    size_t index;
    json_t *alert;
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/alerts", NULL, &reply));
    json_t *alerts = json_object_get(reply, "alerts");
    if (invocation->format == OUTPUT_TABLE) {
        json_array_foreach(alerts, index, alert)
        {
            device_soften_time(alert, "first");
            device_soften_time(alert, "last");
        }
    }
    output_rows(invocation->format, alerts, columns, sizeof columns / sizeof columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command alert_list_command = {
    .group = "alert",
    .name = "list",
    .arguments = "",
    .summary = "list what the service's rules have found about devices",
    .help = "One line for each device and rule, the latest first. The rules, what each leads to, and from what number on:\n"
            "  altered         code in memory differs from what the monitor verified      refresh      1\n"
            "  unknown-code    the device runs what is no known release                   alert        1\n"
            "  undeclared-use  tries of what a compartment had not declared               alert       20\n"
            "  faults          faults between two check-ins                               alert       10\n"
            "  rival           evidence behind what the device has proved: a copy of it   refresh      3\n"
            "A rival after a refresh for the same reason is a cloned secret: quarantine. Change them under 'rules' in\n"
            "soprisd.json; the actions are ignore, alert, refresh and quarantine.\n\n"
            "  sopris alert list\n\n"
            "Next: 'sopris device explain DEVICE', 'sopris refresh status'.",
    .run = run_alert_list,
};
