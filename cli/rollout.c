/* Rollouts: a published release on its way to a part of the fleet. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"
#include "cli/image_record.h"
#include "cli/text.h"

#define RING_COUNT_MAX 8
#define BAR_WIDTH 20

static const struct output_column columns[] = {
    {"number", "ROLLOUT"}, {"component", "COMPONENT"}, {"sequence", "SEQUENCE"}, {"group", "GROUP"},
    {"state", "STATE"},    {"percent", "PERCENT"},     {"offered", "OFFERED"},   {"running", "RUNNING"},
    {"failed", "FAILED"},  {"failures_max", "FAILED MAX"}, {"progress", "PROGRESS"}};

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* "[######--------------] 30 %, 5 downloading, 1 refused"; the bar in a terminal only. */
static json_t *progress(const json_t *rollout)
{
    char text[240];
    size_t used = 0;
    json_int_t total = number_of(rollout, "bytes_total");
    json_int_t done = number_of(rollout, "bytes_done");
    int percent = total > 0 ? (int)((double)done * 100.0 / (double)total) : 0;
    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    if (isatty(STDOUT_FILENO)) {
        int filled = percent * BAR_WIDTH / 100;
        used = (size_t)snprintf(text, sizeof text, "[%.*s%.*s] ", filled, "####################", BAR_WIDTH - filled,
                                "--------------------");
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "%d %%", percent);
    void *at = json_object_iter(json_object_get(rollout, "reported"));
    for (; at != NULL && used < sizeof text - 64; at = json_object_iter_next(json_object_get(rollout, "reported"), at)) {
        used += (size_t)snprintf(text + used, 64, ", %lld %.40s", (long long)json_integer_value(json_object_iter_value(at)),
                                 json_object_iter_key(at));
    }
    return json_string(text);
}

/* Rows of rollouts; in JSON they are shown as the service gave them. */
static void show_rows(const struct invocation *invocation, json_t *rollouts)
{
    size_t index;
    json_t *rollout;
    if (invocation->format == OUTPUT_TABLE) {
        json_array_foreach(rollouts, index, rollout)
        {
            json_object_set_new(rollout, "progress", progress(rollout));
        }
    }
    output_rows(invocation->format, rollouts, columns, sizeof columns / sizeof columns[0]);
}

/* Shows one rollout as a row, in JSON as an object; steals it. */
static struct outcome show(const struct invocation *invocation, json_t *rollout)
{
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, rollout);
        json_decref(rollout);
        return OUTCOME_OK;
    }
    json_t *rows = json_array();
    json_array_append_new(rows, rollout);
    show_rows(invocation, rows);
    json_decref(rows);
    return OUTCOME_OK;
}

/* "5,25,100". */
static struct outcome read_rings(const char *text, json_t *body)
{
    json_t *rings = json_array();
    const char *at = text;
    uint64_t previous = 0;
    bool ok = true;
    while (ok && at != NULL) {
        char digits[8];
        uint64_t ring = 0;
        const char *comma = strchr(at, ',');
        size_t size = comma != NULL ? (size_t)(comma - at) : strlen(at);
        snprintf(digits, sizeof digits, "%.*s", size < sizeof digits ? (int)size : 0, at);
        ok = text_parse_uint(digits, 100, &ring) && ring > previous && json_array_size(rings) < RING_COUNT_MAX;
        json_array_append_new(rings, json_integer((json_int_t)ring));
        previous = ring;
        at = comma != NULL ? comma + 1 : NULL;
    }
    if (!ok) {
        json_decref(rings);
        return outcome_usage("--rings is up to %d ascending percentages, such as 5,25,100", RING_COUNT_MAX);
    }
    json_object_set_new(body, "rings", rings);
    return OUTCOME_OK;
}

/* "22-6", hours of the day in UTC. */
static struct outcome read_window(const char *text, json_t *body)
{
    char start_text[8];
    uint64_t start = 0;
    uint64_t end = 0;
    const char *dash = strchr(text, '-');
    size_t size = dash != NULL ? (size_t)(dash - text) : 0;
    snprintf(start_text, sizeof start_text, "%.*s", size < sizeof start_text ? (int)size : 0, text);
    if (dash == NULL || !text_parse_uint(start_text, 23, &start) || !text_parse_uint(dash + 1, 24, &end) ||
        start == end) {
        return outcome_usage("--window is hours of the day in UTC, such as 22-6");
    }
    json_object_set_new(body, "window", json_pack("[I, I]", (json_int_t)start, (json_int_t)(end % 24)));
    return OUTCOME_OK;
}

/* Sets a number of the body if its option is given. */
static struct outcome put_number(const struct invocation *invocation, const char *option, uint64_t min, uint64_t max,
                                 const char *key, json_t *body)
{
    uint64_t value = 0;
    PROCEED(invocation_number(invocation, option, min, max, 0, &value));
    if (invocation_option(invocation, option) != NULL) {
        json_object_set_new(body, key, json_integer((json_int_t)value));
    }
    return OUTCOME_OK;
}

static struct outcome read_start(const struct invocation *invocation, json_t *body)
{
    const char *name = invocation_option(invocation, "--component");
    const char *group = invocation_option(invocation, "--group");
    const char *rings = invocation_option(invocation, "--rings");
    const char *window = invocation_option(invocation, "--window");
    enum component component;
    uint64_t rate = 0;
    if (!image_record_component(name, &component)) {
        return outcome_usage("--component is 'monitor', 'base' or 'app'");
    }
    if (group != NULL && !text_is_name(group)) {
        return outcome_usage("'%s' cannot be a group: " TEXT_NAME_RULE, group);
    }
    if (rings != NULL && invocation_option(invocation, "--percent") != NULL) {
        return outcome_usage("give --percent or --rings, not both");
    }
    json_object_set_new(body, "component", json_string(name));
    PROCEED(put_number(invocation, "--sequence", 0, UINT32_MAX, "sequence", body));
    PROCEED(put_number(invocation, "--percent", 1, 100, "percent", body));
    PROCEED(put_number(invocation, "--ring-wait", 0, 30 * 86400, "ring_wait", body));
    PROCEED(put_number(invocation, "--success-min", 1, 100, "success_min", body));
    PROCEED(put_number(invocation, "--failures-max", 1, 1000000, "failures_max", body));
    PROCEED(invocation_rate(invocation, &rate));
    json_object_set_new(body, "rate", json_integer((json_int_t)rate));
    if (group != NULL) {
        json_object_set_new(body, "group", json_string(group));
    }
    PROCEED(rings != NULL ? read_rings(rings, body) : OUTCOME_OK);
    return window != NULL ? read_window(window, body) : OUTCOME_OK;
}

static struct outcome run_rollout_start(const struct invocation *invocation)
{
    json_t *reply = NULL;
    json_t *body = json_object();
    struct outcome outcome = read_start(invocation, body);
    if (!outcome_is_ok(outcome)) {
        json_decref(body);
        return outcome;
    }
    PROCEED(door_request(&invocation->workspace, "/v1/rollouts", body, &reply));
    return show(invocation, reply);
}

const struct command rollout_start_command = {
    .group = "rollout",
    .name = "start",
    .arguments = "",
    .summary = "offer a published release to devices",
    .help = "Offers a release to devices as they check in. With --rings the first part of the devices gets it, and the\n"
            "next ring opens by itself when --success-min percent of those that were offered it prove to run it and the\n"
            "ring has been open for --ring-wait. A part is the same devices in every rollout. When --failures-max devices\n"
            "have failed, the rollout halts by itself. When the last ring has succeeded it is finished: another can start,\n"
            "and devices that were away are still offered it when they come back. Needs the role releaser.\n\n"
            "  sopris rollout start --component base --sequence 4 --rings 5,25,100 --failures-max 2\n"
            "  sopris rollout start --component app --sequence 9 --group roof --window 22-6 --rate 5/min\n\n"
            "Next: 'sopris rollout status'; 'sopris device explain DEVICE' says why a device was or was not offered it.",
    .run = run_rollout_start,
    .options = {{"--component", "NAME", "monitor, base or app", true},
                {"--sequence", "N", "sequence number of a published image", true},
                {"--group", "NAME", "to the devices of this group (default: all)", false},
                {"--percent", "P", "part of the devices, widened by hand (default 100)", false},
                {"--rings", "P,P,...", "parts that open one after the other", false},
                {"--ring-wait", "S", "shortest time between two rings, in seconds (default 3600)", false},
                {"--success-min", "P", "percent that must run it before the next ring (default 90)", false},
                {"--window", "H-H", "hours of the day, UTC, in which devices may start (default: any)", false},
                {"--rate", "N/min", "at most so many new devices a minute (default: no limit)", false},
                {"--failures-max", "N", "failures that halt it (default 1)", false}},
};

static struct outcome run_rollout_status(const struct invocation *invocation)
{
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/rollouts", NULL, &reply));
    show_rows(invocation, json_object_get(reply, "rollouts"));
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command rollout_status_command = {
    .group = "rollout",
    .name = "status",
    .arguments = "",
    .summary = "show rollouts and how far they are",
    .help = "Lists rollouts, newest first: how many devices were offered the release, prove to run it, failed with it, and\n"
            "what the others say: downloading, waiting for a restart, on trial, refused. Progress counts bytes.\n\n"
            "  sopris rollout status\n\n"
            "Next: 'sopris rollout pause', 'resume' or 'abort' with the number of a rollout.",
    .run = run_rollout_status,
};

static struct outcome read_number(const struct invocation *invocation, uint64_t *number)
{
    return text_parse_uint(invocation->positionals[0], INT64_MAX, number)
               ? OUTCOME_OK
               : outcome_usage("say which rollout by its number; 'sopris rollout status' shows them");
}

/* Devices as rows: who failed first, and in whose words. */
static void show_devices(json_t *devices)
{
    static const struct output_column device_columns[] = {
        {"ueid", "DEVICE"}, {"state", "STATE"}, {"changed", "SINCE"}, {"says", "SAYS"}, {"code", "CODE"}};
    size_t index;
    json_t *device;
    json_array_foreach(devices, index, device)
    {
        json_t *report = json_object_get(device, "report");
        device_soften_time(device, "changed");
        json_object_set(device, "says", json_object_get(report, "state"));
        json_object_set(device, "code", json_object_get(report, "code"));
    }
    output_rows(OUTPUT_TABLE, devices, device_columns, sizeof device_columns / sizeof device_columns[0]);
}

static struct outcome run_rollout_show(const struct invocation *invocation)
{
    char path[64];
    char text[256];
    uint64_t number = 0;
    json_t *reply = NULL;
    PROCEED(read_number(invocation, &number));
    snprintf(path, sizeof path, "/v1/rollouts/%llu", (unsigned long long)number);
    PROCEED(door_request(&invocation->workspace, path, NULL, &reply));
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
        json_decref(reply);
        return OUTCOME_OK;
    }
    json_t *devices = json_incref(json_object_get(reply, "devices"));
    const char *sentence = json_string_value(json_object_get(reply, "sentence"));
    snprintf(text, sizeof text, "%s", sentence != NULL ? sentence : "-");
    text_clean(text);
    struct outcome outcome = show(invocation, reply);
    printf("%s\n\n", text);
    show_devices(devices);
    json_decref(devices);
    return outcome;
}

const struct command rollout_show_command = {
    .group = "rollout",
    .name = "show",
    .arguments = "NUMBER",
    .summary = "show a rollout and its devices",
    .help = "Shows where a rollout stands, what it waits for, and its devices, those that failed first, each with what it\n"
            "says itself; at most 500.\n\n"
            "  sopris rollout show 1\n\n"
            "Next: 'sopris device explain DEVICE', 'sopris rollout retry 1 DEVICE'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_rollout_show,
};

/* body is stolen. */
static struct outcome act(const struct invocation *invocation, const char *verb, json_t *body)
{
    char path[64];
    uint64_t number = 0;
    json_t *reply = NULL;
    struct outcome outcome = read_number(invocation, &number);
    if (!outcome_is_ok(outcome)) {
        json_decref(body);
        return outcome;
    }
    snprintf(path, sizeof path, "/v1/rollouts/%llu/%s", (unsigned long long)number, verb);
    PROCEED(door_request(&invocation->workspace, path, body, &reply));
    return show(invocation, reply);
}

static struct outcome run_rollout_pause(const struct invocation *invocation)
{
    return act(invocation, "pause", json_object());
}

static struct outcome run_rollout_abort(const struct invocation *invocation)
{
    return act(invocation, "abort", json_object());
}

static struct outcome run_rollout_resume(const struct invocation *invocation)
{
    uint64_t percent = 0;
    PROCEED(invocation_number(invocation, "--percent", 1, 100, 0, &percent));
    return act(invocation, "resume", percent > 0 ? json_pack("{s:I}", "percent", (json_int_t)percent) : json_object());
}

const struct command rollout_pause_command = {
    .group = "rollout",
    .name = "pause",
    .arguments = "NUMBER",
    .summary = "offer a rollout to nobody for now",
    .help = "Stops offering. Devices that have the image already go on by themselves, and their progress is counted.\n"
            "Needs the role releaser.\n\n"
            "  sopris rollout pause 1\n\n"
            "Next: 'sopris rollout resume 1' or 'sopris rollout abort 1'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_rollout_pause,
};

const struct command rollout_resume_command = {
    .group = "rollout",
    .name = "resume",
    .arguments = "NUMBER",
    .summary = "go on with a paused or halted rollout, or widen it",
    .help = "Goes on offering. Failures so far are forgiven: as many are allowed again; the devices that failed are not\n"
            "offered this release again until 'sopris rollout retry'. Needs the role releaser.\n\n"
            "  sopris rollout resume 1 --percent 50\n\n"
            "Next: 'sopris rollout status'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_rollout_resume,
    .options = {{"--percent", "P", "part of the fleet from now on", false}},
};

const struct command rollout_abort_command = {
    .group = "rollout",
    .name = "abort",
    .arguments = "NUMBER",
    .summary = "end a rollout for good",
    .help = "Ends a rollout, so that another of the same component can start. Devices keep what they run.\n"
            "Needs the role releaser.\n\n"
            "  sopris rollout abort 1\n\n"
            "Next: publish a release with a higher sequence number and start another rollout.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_rollout_abort,
};

static struct outcome run_rollout_finish(const struct invocation *invocation)
{
    return act(invocation, "finish", json_object());
}

const struct command rollout_finish_command = {
    .group = "rollout",
    .name = "finish",
    .arguments = "NUMBER",
    .summary = "call a rollout done, so that another can start",
    .help = "Closes a rollout without taking it back: devices that come back later are still offered its release, until one\n"
            "with a higher sequence number is finished. Happens by itself when the last ring has succeeded.\n"
            "Needs the role releaser.\n\n"
            "  sopris rollout finish 1\n\n"
            "Next: 'sopris rollout abort 1' withdraws it.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_rollout_finish,
};

static struct outcome run_rollout_retry(const struct invocation *invocation)
{
    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES];
    json_t *body = json_object();
    if (invocation->positional_count == 2) {
        struct outcome outcome = device_find(&invocation->workspace, invocation->positionals[1], ueid);
        if (!outcome_is_ok(outcome)) {
            json_decref(body);
            return outcome;
        }
        json_object_set_new(body, "ueid", json_string(ueid));
    }
    return act(invocation, "retry", body);
}

const struct command rollout_retry_command = {
    .group = "rollout",
    .name = "retry",
    .arguments = "NUMBER [DEVICE]",
    .summary = "give devices that failed another chance",
    .help = "Forgets that a device failed with the release, or that all did: they are offered it again, and those failures\n"
            "no longer count. A halted rollout stays halted until 'sopris rollout resume'. Needs the role releaser.\n\n"
            "  sopris rollout retry 1 kitchen\n\n"
            "Next: 'sopris device explain kitchen'.",
    .positional_min = 1,
    .positional_max = 2,
    .run = run_rollout_retry,
};
