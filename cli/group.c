/* Groups of devices. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"
#include "cli/text.h"

static struct outcome run_device_group(const struct invocation *invocation)
{
    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES];
    char path[64 + DEVICE_UEID_TEXT_SIZE_BYTES];
    const char *group = invocation->positional_count == 2 ? invocation->positionals[1] : "";
    bool leaves = invocation_option(invocation, "--none") != NULL;
    json_t *reply = NULL;
    if (leaves == (group[0] != 0)) {
        return outcome_usage("say which group, or --none");
    }
    if (!leaves && !text_is_name(group)) {
        return outcome_usage("'%s' cannot be a group: " TEXT_NAME_RULE, group);
    }
    PROCEED(device_find(&invocation->workspace, invocation->positionals[0], ueid));
    snprintf(path, sizeof path, "/v1/devices/%s/group", ueid);
    PROCEED(door_request(&invocation->workspace, path, json_pack("{s:s}", "group", group), &reply));
    output_record(invocation->format, reply);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command device_group_command = {
    .group = "device",
    .name = "group",
    .arguments = "DEVICE [GROUP]",
    .summary = "put a device into a group",
    .help = "Puts a device into a group; it leaves the one that it was in, since a device is in one group at most. Groups are\n"
            "what rollouts can be limited to. A group exists as long as a device is in it. Needs the role operator.\n\n"
            "  sopris device group kitchen roof\n"
            "  sopris device group kitchen --none\n\n"
            "Next: 'sopris rollout start --group roof', 'sopris group list'.",
    .positional_min = 1,
    .positional_max = 2,
    .run = run_device_group,
    .options = {{"--none", NULL, "take it out of its group", false}},
};

static struct outcome run_group_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {{"name", "GROUP"}, {"devices", "DEVICES"}};
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/groups", NULL, &reply));
    output_rows(invocation->format, json_object_get(reply, "groups"), columns, sizeof columns / sizeof columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command group_list_command = {
    .group = "group",
    .name = "list",
    .arguments = "",
    .summary = "list the groups of devices",
    .help = "Lists the groups and how many devices are in each.\n\n"
            "  sopris group list\n\n"
            "Next: 'sopris device group DEVICE GROUP' puts a device into one.",
    .run = run_group_list,
};
