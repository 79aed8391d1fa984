/* Failures that devices reported: grouped, counted, and where in the source they happened. */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"
#include "cli/text.h"

#define PATH_SIZE_BYTES 256

/* A value in a query: what the service compares as a whole, so nothing but these can match anyway. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) && strchr("._+-", *text) == NULL) {
            return false;
        }
    }
    return true;
}

/* Adds "name=value" to a path. */
static struct outcome add_value(char path[PATH_SIZE_BYTES], const char *name, const char *value)
{
    size_t used = strlen(path);
    if (!is_plain(value) || strlen(value) > 66) {
        return outcome_usage("--%s takes letters, digits, '.', '_', '+' and '-'", name);
    }
    snprintf(path + used, PATH_SIZE_BYTES - used, "%c%s=%s", strchr(path, '?') == NULL ? '?' : '&', name, value);
    return OUTCOME_OK;
}

static struct outcome list_path(const struct invocation *invocation, char path[PATH_SIZE_BYTES])
{
    const char *version = invocation_option(invocation, "--version");
    const char *device = invocation_option(invocation, "--device");
    const char *group = invocation_option(invocation, "--group");
    char ueid[DEVICE_UEID_TEXT_SIZE_BYTES];
    snprintf(path, PATH_SIZE_BYTES, "/v1/failures");
    if (version != NULL) {
        PROCEED(add_value(path, "version", version));
    }
    if (device != NULL) {
        PROCEED(device_find(&invocation->workspace, device, ueid));
        PROCEED(add_value(path, "device", ueid));
    }
    return group == NULL ? OUTCOME_OK : add_value(path, "group", group);
}

static struct outcome run_failure_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {
        {"number", "FAILURE"}, {"release", "RELEASE"}, {"compartment", "COMPARTMENT"}, {"cause", "CAUSE"},
        {"where", "WHERE"},    {"count", "COUNT"},     {"devices", "DEVICES"},         {"first_seen", "FIRST SEEN"},
        {"last_seen", "LAST SEEN"}};
    char path[PATH_SIZE_BYTES];
    json_t *reply = NULL;
    PROCEED(list_path(invocation, path));
    PROCEED(door_request(&invocation->workspace, path, NULL, &reply));
    json_t *failures = json_object_get(reply, "failures");
    size_t index;
    json_t *failure;
    json_array_foreach(failures, index, failure)
    {
        if (invocation->format != OUTPUT_JSON) {
            device_soften_time(failure, "first_seen");
            device_soften_time(failure, "last_seen");
        }
    }
    output_rows(invocation->format, failures, columns, sizeof columns / sizeof columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command failure_list_command = {
    .group = "failure",
    .name = "list",
    .arguments = "",
    .summary = "show what failed on devices, grouped",
    .help = "Lists failures that devices reported, last heard of first. Failures of the same release, compartment, cause and\n"
            "place are one line; COUNT is how often, DEVICES on how many devices. Each failure counts once, also when the\n"
            "network or the power went in between. With --device or --group the numbers are those of these devices alone.\n\n"
            "  sopris failure list --group lab --version 0.4.0\n\n"
            "Next: 'sopris failure show NUMBER'. WHERE is a function and a line once the image was published with --elf.",
    .run = run_failure_list,
    .options = {{"--version", "TEXT", "only of the release of this version", false},
                {"--device", "DEVICE", "only of this device: name of a board, or first digits of the UEID", false},
                {"--group", "NAME", "only of devices in this group", false}},
};

static void show_rows(const char *title, json_t *rows, const struct output_column *columns, size_t column_count)
{
    if (json_array_size(rows) > 0) {
        printf("\n%s\n", title);
        output_rows(OUTPUT_TABLE, rows, columns, column_count);
    }
}

/* The failure itself first, then who has it. */
static void show_for_people(json_t *failure)
{
    static const struct output_column group_columns[] = {{"group", "GROUP"}, {"count", "COUNT"}, {"devices", "DEVICES"}};
    static const struct output_column device_columns[] = {
        {"ueid", "DEVICE"}, {"count", "COUNT"},   {"last_seen", "LAST SEEN"}, {"boot_count", "BOOT"},
        {"uptime", "UPTIME s"}, {"lr", "LR"}, {"address", "ADDRESS"}};
    json_t *groups = json_incref(json_object_get(failure, "by_group"));
    json_t *devices = json_incref(json_object_get(failure, "by_device"));
    size_t index;
    json_t *device;
    json_object_del(failure, "by_group");
    json_object_del(failure, "by_device");
    json_array_foreach(devices, index, device)
    {
        device_soften_time(device, "last_seen");
    }
    device_soften_time(failure, "first_seen");
    device_soften_time(failure, "last_seen");
    output_record(OUTPUT_TABLE, failure);
    show_rows("By group of devices:", groups, group_columns, sizeof group_columns / sizeof group_columns[0]);
    show_rows("By device, with its latest:", devices, device_columns,
              sizeof device_columns / sizeof device_columns[0]);
    json_decref(groups);
    json_decref(devices);
}

static struct outcome run_failure_show(const struct invocation *invocation)
{
    char path[PATH_SIZE_BYTES];
    uint64_t number = 0;
    json_t *reply = NULL;
    if (!text_parse_uint(invocation->positionals[0], INT64_MAX, &number)) {
        return outcome_usage("say which failure by its number; 'sopris failure list' shows them");
    }
    snprintf(path, sizeof path, "/v1/failures/%llu", (unsigned long long)number);
    PROCEED(door_request(&invocation->workspace, path, NULL, &reply));
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
    } else {
        show_for_people(reply);
    }
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command failure_show_command = {
    .group = "failure",
    .name = "show",
    .arguments = "NUMBER",
    .summary = "show one failure: where it is, and which devices have it",
    .help = "Shows a line of 'sopris failure list' in full: release and digest of the image, cause with the processor's bits,\n"
            "program counter with function and line, and how often it came by group and by device (boot, uptime, link\n"
            "register and address of each device's latest).\n\n"
            "  sopris failure show 3\n\n"
            "Next: publish a repaired release, or 'sopris rollout pause' what brings the failure.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_failure_show,
};
