/* Refresh and quarantine: taking keys from devices, and seeing them come back with new ones. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"
#include "cli/text.h"

static const char *const stage_names[] = {"waiting", "ordered", "delivered", "proved", "done"};
#define STAGE_COUNT (sizeof stage_names / sizeof stage_names[0])

static const struct output_column refresh_columns[] = {
    {"number", "REFRESH"}, {"state", "STATE"},         {"devices", "DEVICES"}, {"waiting", "WAITING"},
    {"ordered", "ORDERED"}, {"delivered", "DELIVERED"}, {"proved", "PROVED"},   {"done", "DONE"},
    {"started", "STARTED"}, {"text", "WHY"}};

static const struct output_column target_columns[] = {
    {"ueid", "DEVICE"}, {"stage", "STAGE"}, {"epoch", "EPOCH"}, {"took", "SECONDS"}, {"sentence", "LAST REFUSAL"}};

/* For a table: the stages as columns of their own. */
static void flatten(json_t *refresh)
{
    json_t *stages = json_object_get(refresh, "stages");
    for (size_t index = 0; index < STAGE_COUNT; index++) {
        json_object_set(refresh, stage_names[index], json_object_get(stages, stage_names[index]));
    }
    device_soften_time(refresh, "started");
}

/* "ordered +1 delivered +4": seconds from stage to stage. */
static json_t *took(const json_t *target)
{
    char text[160] = "";
    size_t used = 0;
    const json_t *reached = json_object_get(target, "reached");
    json_int_t before_s = json_integer_value(json_object_get(reached, stage_names[0]));
    for (size_t index = 1; index < STAGE_COUNT && used < sizeof text; index++) {
        const json_t *time_s = json_object_get(reached, stage_names[index]);
        if (time_s != NULL) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s +%lld", used == 0 ? "" : ", ",
                                     stage_names[index], (long long)(json_integer_value(time_s) - before_s));
            before_s = json_integer_value(time_s);
        }
    }
    return json_string(text);
}

/* Shows one refresh and, if there are any, its devices; steals it. */
static struct outcome show(const struct invocation *invocation, json_t *refresh)
{
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, refresh);
        json_decref(refresh);
        return OUTCOME_OK;
    }
    size_t index;
    json_t *target;
    json_t *targets = json_object_get(refresh, "targets");
    flatten(refresh);
    json_t *rows = json_array();
    json_array_append(rows, refresh);
    output_rows(OUTPUT_TABLE, rows, refresh_columns, sizeof refresh_columns / sizeof refresh_columns[0]);
    json_array_foreach(targets, index, target)
    {
        json_object_set_new(target, "took", took(target));
    }
    if (json_array_size(targets) > 0) {
        printf("\n");
        output_rows(OUTPUT_TABLE, targets, target_columns, sizeof target_columns / sizeof target_columns[0]);
    }
    json_decref(rows);
    json_decref(refresh);
    return OUTCOME_OK;
}

/* Exactly one of a device, --group and --all. */
static struct outcome read_scope(const struct invocation *invocation, json_t *body)
{
    const char *group = invocation_option(invocation, "--group");
    bool is_all = invocation_option(invocation, "--all") != NULL;
    bool is_one = invocation->positional_count == 1;
    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES];
    if ((group != NULL) + is_all + is_one != 1) {
        return outcome_usage("say which: a device, --group NAME or --all");
    }
    if (is_one) {
        PROCEED(device_find(&invocation->workspace, invocation->positionals[0], ueid));
        json_object_set_new(body, "device", json_string(ueid));
    } else if (is_all) {
        json_object_set_new(body, "all", json_true());
    } else {
        json_object_set_new(body, "group", json_string(group));
    }
    return OUTCOME_OK;
}

static struct outcome run_refresh_start(const struct invocation *invocation)
{
    const char *text = invocation_option(invocation, "--why");
    uint64_t rate = 0;
    json_t *reply = NULL;
    PROCEED(invocation_rate(invocation, &rate));
    json_t *body = json_pack("{s:I}", "rate", (json_int_t)rate);
    struct outcome outcome = read_scope(invocation, body);
    if (!outcome_is_ok(outcome)) {
        json_decref(body);
        return outcome;
    }
    if (text != NULL) {
        json_object_set_new(body, "text", json_string(text));
    }
    PROCEED(door_request(&invocation->workspace, "/v1/refreshes", body, &reply));
    return show(invocation, reply);
}

const struct command refresh_start_command = {
    .group = "refresh",
    .name = "start",
    .arguments = "[DEVICE]",
    .summary = "take all keys from devices and bring them back with new ones",
    .help = "Orders a device, a group or the whole fleet to a new epoch. From the moment of the order the old keys count for\n"
            "nothing, here and at the broker, whether the device hears of it or not; its live session is cut. The device\n"
            "resets, derives new keys, proves what it runs and gets new certificates; its app runs on but for the reset.\n"
            "Sealed data of the old epoch is gone, kept data stays. Needs the role operator.\n\n"
            "  sopris refresh start kitchen --why 'strange messages since noon'\n"
            "  sopris refresh start --all --rate 600/min --why 'release key may have leaked'\n\n"
            "Next: 'sopris refresh status NUMBER' shows how far each device has come.",
    .positional_max = 1,
    .run = run_refresh_start,
    .options = {{"--group", "NAME", "the devices of this group", false},
                {"--all", NULL, "every device that has ever been accepted or refused", false},
                {"--rate", "N/min", "at most so many orders a minute (default: all at once)", false},
                {"--why", "TEXT", "for the record, at most 200 characters", false}},
};

static struct outcome run_refresh_status(const struct invocation *invocation)
{
    char path[64];
    uint64_t number = 0;
    size_t index;
    json_t *refresh;
    json_t *reply = NULL;
    if (invocation->positional_count == 1) {
        if (!text_parse_uint(invocation->positionals[0], INT64_MAX, &number)) {
            return outcome_usage("say which refresh by its number; 'sopris refresh status' shows them");
        }
        snprintf(path, sizeof path, "/v1/refreshes/%llu", (unsigned long long)number);
        PROCEED(door_request(&invocation->workspace, path, NULL, &reply));
        return show(invocation, reply);
    }
    PROCEED(door_request(&invocation->workspace, "/v1/refreshes", NULL, &reply));
    json_t *refreshes = json_object_get(reply, "refreshes");
    if (invocation->format == OUTPUT_TABLE) {
        json_array_foreach(refreshes, index, refresh)
        {
            flatten(refresh);
        }
    }
    output_rows(invocation->format, refreshes, refresh_columns, sizeof refresh_columns / sizeof refresh_columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command refresh_status_command = {
    .group = "refresh",
    .name = "status",
    .arguments = "[NUMBER]",
    .summary = "show refreshes, or how far each device of one has come",
    .help = "Without a number: all refreshes, newest first. With one: its devices, those that are under way first, and why\n"
            "the service refused one's latest check-in.\n"
            "  waiting    its turn has not come           ordered  its old keys count for nothing any more\n"
            "  delivered  it was given the order          proved   it has shown its new epoch\n"
            "  done       accepted, with new certificates\n\n"
            "  sopris refresh status 3\n\n"
            "Next: 'sopris device explain DEVICE' for one that does not move.",
    .positional_max = 1,
    .run = run_refresh_status,
};

static struct outcome run_refresh_abort(const struct invocation *invocation)
{
    char path[64];
    uint64_t number = 0;
    json_t *reply = NULL;
    if (!text_parse_uint(invocation->positionals[0], INT64_MAX, &number)) {
        return outcome_usage("say which refresh by its number; 'sopris refresh status' shows them");
    }
    snprintf(path, sizeof path, "/v1/refreshes/%llu/abort", (unsigned long long)number);
    PROCEED(door_request(&invocation->workspace, path, json_object(), &reply));
    return show(invocation, reply);
}

const struct command refresh_abort_command = {
    .group = "refresh",
    .name = "abort",
    .arguments = "NUMBER",
    .summary = "give no further orders of a refresh",
    .help = "Devices that are still waiting stay as they are. Orders that were given stand: keys that were revoked cannot\n"
            "be made valid again.\n\n"
            "  sopris refresh abort 3\n\n"
            "Next: 'sopris refresh status'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_refresh_abort,
};

static struct outcome set_quarantine(const struct invocation *invocation, const char *verb)
{
    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES];
    char path[64 + DEVICE_UEID_TEXT_SIZE_BYTES];
    json_t *reply = NULL;
    PROCEED(device_find(&invocation->workspace, invocation->positionals[0], ueid));
    snprintf(path, sizeof path, "/v1/devices/%s/%s", ueid, verb);
    PROCEED(door_request(&invocation->workspace, path, json_object(), &reply));
    output_record(invocation->format, reply);
    json_decref(reply);
    return OUTCOME_OK;
}

static struct outcome run_device_quarantine(const struct invocation *invocation)
{
    return set_quarantine(invocation, "quarantine");
}

static struct outcome run_device_release(const struct invocation *invocation)
{
    return set_quarantine(invocation, "release");
}

const struct command device_quarantine_command = {
    .group = "device",
    .name = "quarantine",
    .arguments = "DEVICE",
    .summary = "let a device neither check in nor connect to the broker",
    .help = "Its live session is cut, its check-ins are refused and its certificate counts for nothing until it is released.\n"
            "Needs the role operator.\n\n"
            "  sopris device quarantine kitchen\n\n"
            "Next: 'sopris refresh start kitchen', then 'sopris device release kitchen'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_device_quarantine,
};

const struct command device_release_command = {
    .group = "device",
    .name = "release",
    .arguments = "DEVICE",
    .summary = "end a device's quarantine",
    .help = "The device may check in and connect again with the keys that it has. Needs the role operator.\n\n"
            "  sopris device release kitchen\n\n"
            "Next: 'sopris device show kitchen'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_device_release,
};
