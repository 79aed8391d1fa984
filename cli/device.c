/* What the service knows of devices. */
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/device.h"
#include "cli/door.h"
#include "cli/text.h"
#include "formats/identity/identity.h"

#define UEID_DIGITS (2 * UEID_SIZE_BYTES)
#define PREFIX_DIGITS_MIN 4
/* Digits of a UEID shown in a table: enough to tell devices apart, and to be typed back. */
#define PREFIX_DIGITS_SHOWN 14
#define PAGE_COUNT_MAX 2000
#define TIME_SIZE_BYTES 32

/* Local time for people; the service counts seconds since 1970. */
static void format_time(json_int_t time_s, char out[TIME_SIZE_BYTES])
{
    time_t value = (time_t)time_s;
    struct tm local;
    if (time_s <= 0 || localtime_r(&value, &local) == NULL) {
        snprintf(out, TIME_SIZE_BYTES, "never");
        return;
    }
    strftime(out, TIME_SIZE_BYTES, "%Y-%m-%d %H:%M:%S", &local);
}

static void format_age(json_int_t time_s, char out[TIME_SIZE_BYTES])
{
    json_int_t age_s = (json_int_t)time(NULL) - time_s;
    age_s = age_s < 0 ? 0 : age_s;
    if (time_s <= 0) {
        snprintf(out, TIME_SIZE_BYTES, "never");
    } else if (age_s < 120) {
        snprintf(out, TIME_SIZE_BYTES, "%" JSON_INTEGER_FORMAT " s ago", age_s);
    } else if (age_s < 2 * 3600) {
        snprintf(out, TIME_SIZE_BYTES, "%" JSON_INTEGER_FORMAT " min ago", age_s / 60);
    } else {
        snprintf(out, TIME_SIZE_BYTES, "%" JSON_INTEGER_FORMAT " h ago", age_s / 3600);
    }
}

/* Name of the emulated board of this workspace that has this UEID; NULL if none has. New reference. */
static json_t *board_of(const struct workspace *workspace, const char *ueid)
{
    glob_t found;
    json_t *name = NULL;
    if (glob(workspace_path(workspace, "boards/*/board.json").text, 0, NULL, &found) != 0) {
        return NULL;
    }
    for (size_t index = 0; name == NULL && index < found.gl_pathc; index++) {
        json_t *board = json_load_file(found.gl_pathv[index], 0, NULL);
        const char *board_ueid = json_string_value(json_object_get(board, "ueid"));
        if (board_ueid != NULL && strcmp(board_ueid, ueid) == 0) {
            name = json_incref(json_object_get(board, "board"));
        }
        json_decref(board);
    }
    globfree(&found);
    return name;
}

/* All pages of the list. The caller frees *devices. */
static struct outcome fetch_devices(const struct workspace *workspace, json_t **devices)
{
    json_t *all = json_array();
    char path[64 + UEID_DIGITS] = "/v1/devices?limit=500";
    for (size_t page = 0; page < PAGE_COUNT_MAX; page++) {
        json_t *reply = NULL;
        struct outcome outcome = door_request(workspace, path, NULL, &reply);
        if (!outcome_is_ok(outcome)) {
            json_decref(all);
            return outcome;
        }
        json_array_extend(all, json_object_get(reply, "devices"));
        const char *next = json_string_value(json_object_get(reply, "next"));
        if (next != NULL && strlen(next) == UEID_DIGITS) {
            snprintf(path, sizeof path, "/v1/devices?limit=500&after=%s", next);
        }
        bool last = next == NULL;
        json_decref(reply);
        if (last) {
            break;
        }
    }
    *devices = all;
    return OUTCOME_OK;
}

static json_t *measured_version(const json_t *device, const char *component)
{
    size_t index;
    json_t *measurement;
    json_array_foreach(json_object_get(device, "measurements"), index, measurement)
    {
        const char *name = json_string_value(json_object_get(measurement, "component"));
        if (name != NULL && strcmp(name, component) == 0) {
            return json_incref(json_object_get(measurement, "version"));
        }
    }
    return json_null();
}

/* A device as a row for people. */
static json_t *device_row(const struct workspace *workspace, const json_t *device)
{
    const char *ueid = json_string_value(json_object_get(device, "ueid"));
    char seen[TIME_SIZE_BYTES];
    char prefix[PREFIX_DIGITS_SHOWN + 1];
    json_t *row = json_object();
    if (ueid == NULL) {
        return row;
    }
    snprintf(prefix, sizeof prefix, "%s", ueid);
    format_age(json_integer_value(json_object_get(device, "last_seen")), seen);
    json_object_set_new(row, "ueid", json_string(prefix));
    json_t *board = board_of(workspace, ueid);
    json_object_set_new(row, "board", board != NULL ? board : json_null());
    static const char *const copied[] = {"batch", "group", "state", "mode", "epoch"};
    for (size_t index = 0; index < sizeof copied / sizeof copied[0]; index++) {
        json_object_set(row, copied[index], json_object_get(device, copied[index]));
    }
    json_object_set_new(row, "seen", json_string(seen));
    json_object_set_new(row, "monitor", measured_version(device, "monitor"));
    json_object_set_new(row, "base", measured_version(device, "base"));
    json_object_set_new(row, "app", measured_version(device, "app"));
    json_object_set(row, "last", json_object_get(json_object_get(device, "last_decision"), "sentence"));
    return row;
}

static struct outcome run_device_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {
        {"ueid", "DEVICE"}, {"board", "BOARD"},     {"batch", "BATCH"}, {"group", "GROUP"}, {"state", "STATE"}, {"mode", "MODE"},
        {"epoch", "EPOCH"}, {"monitor", "MONITOR"}, {"base", "BASE"},   {"app", "APP"},     {"seen", "SEEN"},
        {"last", "LAST DECISION"}};
    json_t *devices = NULL;
    PROCEED(fetch_devices(&invocation->workspace, &devices));
    json_t *rows = json_array();
    size_t index;
    json_t *device;
    json_array_foreach(devices, index, device)
    {
        json_array_append_new(rows, device_row(&invocation->workspace, device));
    }
    output_rows(invocation->format, invocation->format == OUTPUT_JSON ? devices : rows, columns,
                sizeof columns / sizeof columns[0]);
    json_decref(rows);
    json_decref(devices);
    return OUTCOME_OK;
}

const struct command device_list_command = {
    .group = "device",
    .name = "list",
    .arguments = "",
    .summary = "list the devices that the service knows",
    .help = "Lists the devices that have proved who they are, with what they run and what the service last decided.\n"
            "The first digits of a UEID are enough to name a device elsewhere.\n\n"
            "  sopris device list\n\n"
            "Next: 'sopris device show DEVICE', 'sopris device explain DEVICE'.",
    .run = run_device_list,
};

struct outcome device_find(const struct workspace *workspace, const char *wanted,
                           char ueid[DEVICE_UEID_TEXT_SIZE_BYTES])
{
    json_t *devices = NULL;
    size_t found_count = 0;
    size_t index;
    json_t *device;
    uint8_t bytes[UEID_SIZE_BYTES];
    struct file_path board = workspace_path(workspace, "boards/%s/board.json", wanted);
    if (text_is_name(wanted) && file_exists(board.text)) {
        json_t *description = json_load_file(board.text, 0, NULL);
        const char *named = json_string_value(json_object_get(description, "ueid"));
        snprintf(ueid, UEID_DIGITS + 1, "%s", named != NULL ? named : "");
        json_decref(description);
        return OUTCOME_OK;
    }
    if (text_parse_hex(wanted, bytes, sizeof bytes)) {
        text_format_hex(SPAN_OF(bytes), ueid);
        return OUTCOME_OK;
    }
    if (strlen(wanted) < PREFIX_DIGITS_MIN || strspn(wanted, "0123456789abcdef") != strlen(wanted)) {
        return outcome_usage("'%s' is no device: give a board's name, or at least %d of the first digits of a UEID",
                             wanted, PREFIX_DIGITS_MIN);
    }
    PROCEED(fetch_devices(workspace, &devices));
    json_array_foreach(devices, index, device)
    {
        const char *known = json_string_value(json_object_get(device, "ueid"));
        if (known != NULL && strncmp(known, wanted, strlen(wanted)) == 0) {
            snprintf(ueid, UEID_DIGITS + 1, "%s", known);
            found_count++;
        }
    }
    json_decref(devices);
    if (found_count != 1) {
        return outcome_refused(found_count == 0 ? "the service knows no device '%s...'; 'sopris device list' lists them"
                                                : "'%s' begins the UEID of more than one device; give more digits",
                               wanted);
    }
    return OUTCOME_OK;
}

void device_soften_time(json_t *record, const char *key)
{
    char text[TIME_SIZE_BYTES];
    if (json_is_integer(json_object_get(record, key))) {
        format_time(json_integer_value(json_object_get(record, key)), text);
        json_object_set_new(record, key, json_string(text));
    }
}

static struct outcome run_device_show(const struct invocation *invocation)
{
    char ueid[UEID_DIGITS + 1];
    char path[64 + UEID_DIGITS];
    json_t *device = NULL;
    PROCEED(device_find(&invocation->workspace, invocation->positionals[0], ueid));
    snprintf(path, sizeof path, "/v1/devices/%s", ueid);
    PROCEED(door_request(&invocation->workspace, path, NULL, &device));
    if (invocation->format == OUTPUT_TABLE) {
        static const char *const times[] = {"first_seen", "last_seen", "last_accepted"};
        for (size_t index = 0; index < sizeof times / sizeof times[0]; index++) {
            device_soften_time(device, times[index]);
        }
        json_t *certificate = json_object_get(device, "certificate");
        device_soften_time(certificate, "not_before");
        device_soften_time(certificate, "not_after");
    }
    output_record(invocation->format, device);
    json_decref(device);
    return OUTCOME_OK;
}

const struct command device_show_command = {
    .group = "device",
    .name = "show",
    .arguments = "DEVICE",
    .summary = "show everything about a device",
    .help = "Shows what the service knows of a device: what it proved to run, its epoch, certificate and faults. DEVICE is\n"
            "the name of a board of this workspace or the first digits of a UEID.\n\n"
            "  sopris device show kitchen\n\n"
            "Next: 'sopris device explain DEVICE' says why it was accepted or refused.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_device_show,
};
