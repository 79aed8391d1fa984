/* Failures of the fleet, as operators see them. */
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "formats/token/evidence.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"

#define PAGE_COUNT_MAX 200
#define DEVICE_COUNT_MAX 100
#define TEXT_SIZE_BYTES 64

static json_t *hex32(uint32_t value)
{
    char text[11];
    snprintf(text, sizeof text, "0x%08x", (unsigned int)value);
    return json_string(text);
}

struct cause_text {
    uint32_t bits;
    const char *text;
};

/* As device/abi/fault_cause.h has them; the first that fits counts. */
static const struct cause_text kernel_causes[] = {
    {0x40000001, "entered the monitor"}, {0x40000002, "touched the secure world"}, {0x40000003, "stack pointer astray"},
    {0x40000004, "deadline missed"},     {0x40000005, "call left unanswered"},     {0x40000006, "time budget used up"},
    {0x40000007, "stays down"},          {0x40000008, "faults not reported singly"}};
static const struct cause_text processor_causes[] = {
    {0x00100000, "stack overflow"},    {0x02000000, "division by zero"},  {0x00010000, "undefined instruction"},
    {0x00020000, "invalid state"},     {0x01000000, "unaligned access"},  {0x00000001, "forbidden fetch"},
    {0x00000010, "stack overflow"},    {0x00000002, "forbidden access"}};

static const char *cause_of(uint32_t cause)
{
    for (size_t index = 0; index < sizeof kernel_causes / sizeof kernel_causes[0]; index++) {
        if (cause == kernel_causes[index].bits) {
            return kernel_causes[index].text;
        }
    }
    if ((cause & 0xFF000000u) == 0x82000000u) {
        return "assertion failed";
    }
    if ((cause & 0x80000000u) != 0) {
        return "stopped itself";
    }
    for (size_t index = 0; index < sizeof processor_causes / sizeof processor_causes[0]; index++) {
        if ((cause & processor_causes[index].bits) != 0 && cause < 0x40000000u) {
            return processor_causes[index].text;
        }
    }
    return "unknown";
}

static json_t *cause_text(const struct failure_group *group)
{
    return json_string(group->kind == FAULT_COMPARTMENT ? cause_of(group->cause) : "undeclared use");
}

/* Where it happened, as well as is known: function and line, else the address. */
static json_t *where(const struct failure_group *group)
{
    char text[FAILURE_SYMBOL_SIZE_BYTES_MAX + FAILURE_PLACE_SIZE_BYTES_MAX + 16];
    if (group->symbol[0] == '\0' && group->place[0] == '\0') {
        return hex32(group->pc);
    }
    snprintf(text, sizeof text, "%s%s%s", group->symbol, group->symbol[0] != '\0' && group->place[0] != '\0' ? " " : "",
             group->place);
    return json_string(text);
}

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *json_group(const struct failure_group *group)
{
    char version[TEXT_SIZE_BYTES];
    snprintf(version, sizeof version, "%s %u", component_name(group->component), (unsigned int)group->sequence);
    json_t *object = json_object();
    json_put(object, "number", json_number(group->number));
    json_put(object, "component", json_string(component_name(group->component)));
    json_put(object, "sequence", json_number(group->sequence));
    json_put(object, "digest", json_hex(group->digest.bytes, sizeof group->digest.bytes));
    json_put(object, "release", json_string(version));
    json_put(object, "compartment", group->name[0] == '\0' ? json_number(group->compartment) : json_string(group->name));
    json_put(object, "cause", cause_text(group));
    json_put(object, "cause_bits", hex32(group->cause));
    json_put(object, "pc", hex32(group->pc));
    json_put(object, "where", where(group));
    json_put(object, "symbol", text_or_null(group->symbol));
    json_put(object, "place", text_or_null(group->place));
    json_put(object, "count", json_number(group->count));
    json_put(object, "devices", json_number(group->device_count));
    json_put(object, "first_seen", json_number(group->first_s));
    json_put(object, "last_seen", json_number(group->last_s));
    return object;
}

static void visit_group(void *context, const struct failure_group *group)
{
    ENSURE(json_array_append_new(context, json_group(group)) == 0);
}

static bool copy_text(struct span text, char *out, size_t capacity)
{
    if (text.size >= capacity) {
        return false;
    }
    memcpy(out, text.data == NULL ? (const uint8_t *)"" : text.data, text.size);
    out[text.size] = '\0';
    return true;
}

struct error route_get_failures(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    struct ueid ueid;
    char version[TEXT_SIZE_BYTES];
    char group[TEXT_SIZE_BYTES];
    struct span device = query_value(argument, "device");
    struct failure_filter filter = {.version = version, .group = group, .ueid = device.size > 0 ? &ueid : NULL};
    if (!copy_text(query_value(argument, "version"), version, sizeof version) ||
        !copy_text(query_value(argument, "group"), group, sizeof group) ||
        (device.size > 0 && !ueid_parse(device, &ueid))) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected version=, device=UEID, group= or nothing");
        return ERROR_NONE;
    }
    json_t *array = json_array();
    result->document = json_object();
    json_put(result->document, "failures", array);
    return store_failure_list(core->store, &filter, PAGE_COUNT_MAX, visit_group, array);
}

static void visit_device(void *context, const struct failure_device *device)
{
    json_t *object = json_object();
    json_put(object, "ueid", json_hex(device->ueid.bytes, sizeof device->ueid.bytes));
    json_put(object, "count", json_number(device->count));
    json_put(object, "first_seen", json_number(device->first_s));
    json_put(object, "last_seen", json_number(device->last_s));
    json_put(object, "boot_count", json_number(device->boot_count));
    json_put(object, "uptime", json_number(device->uptime_s));
    json_put(object, "lr", hex32(device->lr));
    json_put(object, "address", hex32(device->address));
    ENSURE(json_array_append_new(context, object) == 0);
}

static void visit_share(void *context, const char *group, uint64_t count, uint64_t device_count)
{
    json_t *object = json_object();
    json_put(object, "group", text_or_null(group));
    json_put(object, "count", json_number(count));
    json_put(object, "devices", json_number(device_count));
    ENSURE(json_array_append_new(context, object) == 0);
}

struct error route_get_failure(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    struct failure_group group;
    uint64_t number = 0;
    struct error error =
        number_parse(argument, &number) ? store_failure_load(core->store, number, &group) : ERROR(STORE, NOT_FOUND);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "there is no failure of this number");
        return ERROR_NONE;
    }
    TRY(error);
    json_t *devices = json_array();
    json_t *groups = json_array();
    result->document = json_group(&group);
    json_put(result->document, "by_group", groups);
    json_put(result->document, "by_device", devices);
    TRY(store_failure_group_list(core->store, number, visit_share, groups));
    return store_failure_device_list(core->store, number, DEVICE_COUNT_MAX, visit_device, devices);
}
