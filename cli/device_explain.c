/* Why: the service's decisions about a device, and what both sides say about its updates. */
#include <jansson.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"
#include "cli/text.h"

/* A member that is text, cleaned: some of it comes from the device. */
static const char *text_of(const json_t *object, const char *key, char *out, size_t capacity)
{
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(out, capacity, "%s", text != NULL ? text : "-");
    text_clean(out);
    return out;
}

/* "  the device says: refused since 2026-11-22 20:01:02: the manifest is for another device class (MANIFEST_CLASS)" */
static void show_report(const json_t *update)
{
    json_t *report = json_object_get(update, "report");
    char state[64];
    char since[64];
    char sentence[160];
    char code[64];
    if (!json_is_object(report)) {
        return;
    }
    device_soften_time(report, "since");
    printf("  the device says: %s of sequence %lld since %s", text_of(report, "state", state, sizeof state),
           (long long)json_integer_value(json_object_get(report, "sequence")),
           text_of(report, "since", since, sizeof since));
    if (json_is_string(json_object_get(report, "code"))) {
        printf(": %s (%s)\n", text_of(report, "sentence", sentence, sizeof sentence),
               text_of(report, "code", code, sizeof code));
    } else if (json_integer_value(json_object_get(report, "bytes")) > 0) {
        printf(", %lld bytes\n", (long long)json_integer_value(json_object_get(report, "bytes")));
    } else {
        printf("\n");
    }
}

/* "update base 4 (rollout 1): offered": why the device has or has not been offered what is rolled out. */
static void show_updates(const json_t *updates)
{
    size_t index;
    json_t *update;
    char component[32];
    char sentence[200];
    json_array_foreach(updates, index, update)
    {
        printf("%supdate %s %lld (rollout %lld): %s\n", index == 0 ? "\n" : "",
               text_of(update, "component", component, sizeof component),
               (long long)json_integer_value(json_object_get(update, "sequence")),
               (long long)json_integer_value(json_object_get(update, "rollout")),
               text_of(update, "sentence", sentence, sizeof sentence));
        show_report(update);
    }
}

static struct outcome run_device_explain(const struct invocation *invocation)
{
    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES];
    char path[64 + DEVICE_UEID_TEXT_SIZE_BYTES];
    json_t *reply = NULL;
    PROCEED(device_find(&invocation->workspace, invocation->positionals[0], ueid));
    snprintf(path, sizeof path, "/v1/devices/%s/explain", ueid);
    PROCEED(door_request(&invocation->workspace, path, NULL, &reply));
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
        json_decref(reply);
        return OUTCOME_OK;
    }
    static const struct output_column columns[] = {
        {"time", "TIME"}, {"accepted", "ACCEPTED"}, {"epoch", "EPOCH"},       {"boot_count", "BOOT"},
        {"sequence", "#"}, {"code", "CODE"},        {"sentence", "SENTENCE"}, {"detail", "DETAIL"}};
    json_t *decisions = json_object_get(reply, "decisions");
    size_t index;
    json_t *decision;
    json_array_foreach(decisions, index, decision)
    {
        device_soften_time(decision, "time");
    }
    output_rows(OUTPUT_TABLE, decisions, columns, sizeof columns / sizeof columns[0]);
    show_updates(json_object_get(reply, "updates"));
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command device_explain_command = {
    .group = "device",
    .name = "explain",
    .arguments = "DEVICE",
    .summary = "say why a device was accepted or refused",
    .help = "Lists the service's latest decisions about a device, newest first, with the reason of each. Also for a device\n"
            "that was never accepted. Then, for each rollout, why the device has or has not been offered the update, and\n"
            "what the device itself says about it: how far it is, or which error made it refuse.\n\n"
            "  sopris device explain kitchen\n\n"
            "Next: most reasons say what to do, such as 'sopris release add IMAGE'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_device_explain,
};
