/* Rollouts: a published release on its way to a part of the fleet. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/door.h"
#include "cli/image_record.h"
#include "cli/text.h"

#define RATE_SUFFIX "/min"

static const struct output_column columns[] = {
    {"number", "ROLLOUT"}, {"component", "COMPONENT"}, {"sequence", "SEQUENCE"}, {"state", "STATE"},
    {"percent", "PERCENT"}, {"rate", "RATE"}, {"offered", "OFFERED"}, {"running", "RUNNING"},
    {"failed", "FAILED"}, {"failures_max", "FAILED MAX"}};

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
    output_rows(OUTPUT_TABLE, rows, columns, sizeof columns / sizeof columns[0]);
    json_decref(rows);
    return OUTCOME_OK;
}

/* "N/min" or "N". */
static struct outcome read_rate(const struct invocation *invocation, uint64_t *rate)
{
    const char *text = invocation_option(invocation, "--rate");
    char digits[16];
    *rate = 0;
    if (text == NULL) {
        return OUTCOME_OK;
    }
    size_t size = strlen(text);
    size_t suffix = sizeof RATE_SUFFIX - 1;
    if (size > suffix && strcmp(text + size - suffix, RATE_SUFFIX) == 0) {
        size -= suffix;
    }
    snprintf(digits, sizeof digits, "%.*s", size < sizeof digits ? (int)size : 0, text);
    if (!text_parse_uint(digits, 1000000, rate) || *rate == 0) {
        return outcome_usage("--rate is a number of devices a minute, such as 10/min");
    }
    return OUTCOME_OK;
}

static struct outcome run_rollout_start(const struct invocation *invocation)
{
    const char *name = invocation_option(invocation, "--component");
    enum component component;
    uint64_t sequence = 0;
    uint64_t percent = 0;
    uint64_t rate = 0;
    uint64_t failures_max = 0;
    json_t *reply = NULL;
    if (!image_record_component(name, &component)) {
        return outcome_usage("--component is 'monitor', 'base' or 'app'");
    }
    PROCEED(invocation_number(invocation, "--sequence", 0, UINT32_MAX, 0, &sequence));
    PROCEED(invocation_number(invocation, "--percent", 1, 100, 100, &percent));
    PROCEED(invocation_number(invocation, "--failures-max", 1, 1000000, 1, &failures_max));
    PROCEED(read_rate(invocation, &rate));
    json_t *body = json_pack("{s:s, s:I, s:I, s:I, s:I}", "component", name, "sequence", (json_int_t)sequence, "percent",
                             (json_int_t)percent, "rate", (json_int_t)rate, "failures_max", (json_int_t)failures_max);
    PROCEED(door_request(&invocation->workspace, "/v1/rollouts", body, &reply));
    return show(invocation, reply);
}

const struct command rollout_start_command = {
    .group = "rollout",
    .name = "start",
    .arguments = "",
    .summary = "offer a published release to devices",
    .help = "Offers a release to devices as they check in. --percent takes the same devices in every rollout, so that a\n"
            "small number is a first ring; 'sopris rollout resume --percent' widens it. When --failures-max devices have\n"
            "come back without the release, the rollout halts by itself. Needs the role releaser.\n\n"
            "  sopris rollout start --component base --sequence 4 --percent 10 --rate 5/min --failures-max 2\n\n"
            "Next: 'sopris rollout status'; 'sopris device explain DEVICE' says why a device was or was not offered it.",
    .run = run_rollout_start,
    .options = {{"--component", "NAME", "monitor, base or app", true},
                {"--sequence", "N", "sequence number of a published image", true},
                {"--percent", "P", "part of the fleet (default 100)", false},
                {"--rate", "N/min", "at most so many new devices a minute (default: no limit)", false},
                {"--failures-max", "N", "failures that halt it (default 1)", false}},
};

static struct outcome run_rollout_status(const struct invocation *invocation)
{
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/rollouts", NULL, &reply));
    output_rows(invocation->format, json_object_get(reply, "rollouts"), columns, sizeof columns / sizeof columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command rollout_status_command = {
    .group = "rollout",
    .name = "status",
    .arguments = "",
    .summary = "show rollouts and how far they are",
    .help = "Lists rollouts, newest first: how many devices were offered the release, prove to run it, failed with it.\n\n"
            "  sopris rollout status\n\n"
            "Next: 'sopris rollout pause', 'resume' or 'abort' with the number of a rollout.",
    .run = run_rollout_status,
};

/* body is stolen. */
static struct outcome act(const struct invocation *invocation, const char *verb, json_t *body)
{
    char path[64];
    uint64_t number = 0;
    json_t *reply = NULL;
    if (!text_parse_uint(invocation->positionals[0], INT64_MAX, &number)) {
        json_decref(body);
        return outcome_usage("say which rollout by its number; 'sopris rollout status' shows them");
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
            "offered this release again. Needs the role releaser.\n\n"
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
