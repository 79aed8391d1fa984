/* Refreshes and quarantine: taking keys from devices, and seeing how far they have come. */
#include <string.h>

#include "base/ensure.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/core/refresh.h"
#include "service/process/process.h"

#define RATE_MAX_PER_MINUTE 1000000
#define PAGE_COUNT_MAX 100

static const char *const stage_names[REFRESH_STAGE_COUNT + 1] = {NULL, "waiting", "ordered", "delivered", "proved", "done"};

static const char *reason_name(enum refresh_reason reason)
{
    static const char *const names[] = {NULL, "operator", "rule", "restore"};
    return names[reason];
}

static struct error json_refresh(struct core *core, const struct refresh_record *refresh, json_t **out)
{
    struct refresh_counts counts;
    TRY(store_refresh_count(core->store, refresh->number, &counts));
    uint64_t total = 0;
    uint64_t unfinished = 0;
    json_t *stages = json_object();
    for (int stage = 1; stage <= REFRESH_STAGE_COUNT; stage++) {
        json_put(stages, stage_names[stage], json_number(counts.stages[stage]));
        total += counts.stages[stage];
        unfinished += stage < REFRESH_DONE ? counts.stages[stage] : 0;
    }
    const char *state = refresh->state == REFRESH_ABORTED ? "aborted" : unfinished == 0 ? "done" : "running";
    json_t *object = json_object();
    json_put(object, "number", json_number(refresh->number));
    json_put(object, "state", json_string(state));
    json_put(object, "reason", json_string(reason_name(refresh->reason)));
    json_put(object, "text", json_string(refresh->text));
    json_put(object, "rate", json_number(refresh->rate_per_minute));
    json_put(object, "started", json_number(refresh->started_s));
    json_put(object, "devices", json_number(total));
    json_put(object, "stages", stages);
    *out = object;
    return ERROR_NONE;
}

static json_t *json_target(const struct refresh_target *target)
{
    json_t *object = json_object();
    json_t *reached = json_object();
    struct error last = {target->last_code};
    bool is_refused = target->last_code != 0 && !error_is_none(last);
    for (int stage = 1; stage <= REFRESH_STAGE_COUNT; stage++) {
        if (target->reached_s[stage] != 0) {
            json_put(reached, stage_names[stage], json_number(target->reached_s[stage]));
        }
    }
    json_put(object, "ueid", json_hex(target->ueid.bytes, sizeof target->ueid.bytes));
    json_put(object, "stage", json_string(stage_names[target->stage]));
    json_put(object, "epoch", json_number(target->epoch));
    json_put(object, "reached", reached);
    json_put(object, "code", is_refused ? json_string(error_name(last)) : json_null());
    json_put(object, "sentence", is_refused ? json_string(error_text(last)) : json_null());
    return object;
}

static bool is_plain(const char *text)
{
    size_t size = strlen(text);
    for (size_t index = 0; index < size; index++) {
        if ((unsigned char)text[index] < ' ' || text[index] == 0x7F) {
            return false;
        }
    }
    return size <= REFRESH_TEXT_SIZE_BYTES_MAX;
}

struct wish {
    struct refresh_record refresh;
    bool is_one;
    struct ueid ueid;
    char group[GROUP_NAME_SIZE_BYTES_MAX + 1];
};

static bool wish_read(json_t *body, struct wish *out)
{
    const char *device = NULL;
    const char *group = NULL;
    const char *text = "";
    int is_all = 0;
    json_int_t rate = 0;
    if (json_unpack(body, "{s?s, s?s, s?b, s?s, s?I !}", "device", &device, "group", &group, "all", &is_all, "text",
                    &text, "rate", &rate) != 0) {
        return false;
    }
    int scope_count = (device != NULL) + (group != NULL) + (is_all != 0);
    if (scope_count != 1 || !is_plain(text) || rate < 0 || rate > RATE_MAX_PER_MINUTE ||
        (group != NULL && !is_group_name(group))) {
        return false;
    }
    *out = (struct wish){
        .refresh = {.state = REFRESH_RUNNING, .reason = REFRESH_BY_OPERATOR, .rate_per_minute = (uint32_t)rate,
                    .started_s = process_time_s()},
        .is_one = device != NULL,
    };
    memcpy(out->group, group == NULL ? "" : group, group == NULL ? 1 : strlen(group) + 1);
    memcpy(out->refresh.text, text, strlen(text) + 1);
    return device == NULL || ueid_parse(span_of(device, strlen(device)), &out->ueid);
}

struct error route_post_refresh(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    struct wish wish;
    uint64_t added_count = 0;
    if (!wish_read(body, &wish)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"device\": UEID, \"group\": NAME or \"all\": true, \"text\": at most 200 characters, "
                      "\"rate\": devices a minute or 0}");
        return ERROR_NONE;
    }
    TRY(store_refresh_add(core->store, &wish.refresh));
    TRY(store_refresh_target_add(core->store, wish.refresh.number, wish.is_one ? &wish.ueid : NULL,
                                 wish.group, wish.refresh.started_s, &added_count));
    if (added_count == 0) {
        wish.refresh.state = REFRESH_ABORTED;
        TRY(store_refresh_save(core->store, &wish.refresh));
        route_problem(result, 409, ERROR(OPERATOR, REQUEST),
                      "no device to refresh: none is known, or all that are meant are being refreshed already; see "
                      "'sopris refresh status'");
        return ERROR_NONE;
    }
    result->status = 201;
    return json_refresh(core, &wish.refresh, &result->document);
}

/* Loads the refresh that a path names; a problem if there is none, and then *found is false. */
static struct error load(struct core *core, struct span argument, struct refresh_record *out, bool *found,
                         struct route_result *result)
{
    uint64_t number = 0;
    struct error error = number_parse(argument, &number) ? store_refresh_load(core->store, number, out)
                                                         : ERROR(STORE, NOT_FOUND);
    *found = error_is_none(error);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "there is no refresh of this number");
        return ERROR_NONE;
    }
    return error;
}

struct error route_post_refresh_abort(struct core *core, struct span argument, json_t *body,
                                      struct route_result *result)
{
    (void)body;
    struct refresh_record refresh;
    bool found = false;
    TRY(load(core, argument, &refresh, &found, result));
    if (!found) {
        return ERROR_NONE;
    }
    refresh.state = REFRESH_ABORTED;
    TRY(store_refresh_save(core->store, &refresh));
    TRY(store_refresh_drop_waiting(core->store, refresh.number));
    return json_refresh(core, &refresh, &result->document);
}

struct page {
    size_t count;
    struct refresh_record refreshes[PAGE_COUNT_MAX]; /* gathered first, since counting uses the store again */
};

static void visit_refresh(void *context, const struct refresh_record *refresh)
{
    struct page *page = context;
    page->refreshes[page->count++] = *refresh;
}

struct error route_get_refreshes(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    static struct page page;
    page.count = 0;
    json_t *array = json_array();
    result->document = json_object();
    json_put(result->document, "refreshes", array);
    TRY(store_refresh_list(core->store, PAGE_COUNT_MAX, visit_refresh, &page));
    for (size_t index = 0; index < page.count; index++) {
        json_t *object = NULL;
        TRY(json_refresh(core, &page.refreshes[index], &object));
        ENSURE(json_array_append_new(array, object) == 0);
    }
    return ERROR_NONE;
}

static void visit_target(void *context, const struct refresh_target *target)
{
    ENSURE(json_array_append_new(context, json_target(target)) == 0);
}

/* Those that are not done come first: they are what somebody looks for. */
struct error route_get_refresh(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    struct refresh_record refresh;
    bool found = false;
    TRY(load(core, argument, &refresh, &found, result));
    if (!found) {
        return ERROR_NONE;
    }
    TRY(json_refresh(core, &refresh, &result->document));
    json_t *array = json_array();
    json_put(result->document, "targets", array);
    static const enum refresh_stage order[] = {REFRESH_DELIVERED, REFRESH_PROVED, REFRESH_ORDERED, REFRESH_WAITING,
                                               REFRESH_DONE};
    for (size_t index = 0; index < sizeof order / sizeof order[0]; index++) {
        size_t left = PAGE_COUNT_MAX - json_array_size(array);
        TRY(store_refresh_target_list(core->store, refresh.number, order[index], NULL, left, visit_target, array));
    }
    return ERROR_NONE;
}

static struct error set_quarantine(struct core *core, struct span argument, bool is_quarantined,
                                   struct route_result *result)
{
    struct ueid ueid;
    struct device_record record;
    struct error error = ueid_parse(argument, &ueid) ? store_device_load(core->store, &ueid, &record)
                                                     : ERROR(STORE, NOT_FOUND);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "no device with this UEID has checked in");
        return ERROR_NONE;
    }
    TRY(error);
    TRY(revocations_quarantine(&core->revocations, core->store, &ueid, is_quarantined, process_time_s()));
    result->document = json_object();
    json_put(result->document, "ueid", json_hex(ueid.bytes, sizeof ueid.bytes));
    json_put(result->document, "quarantined", json_boolean(is_quarantined));
    return ERROR_NONE;
}

struct error route_post_quarantine(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    return set_quarantine(core, argument, true, result);
}

struct error route_post_release_device(struct core *core, struct span argument, json_t *body,
                                       struct route_result *result)
{
    (void)body;
    return set_quarantine(core, argument, false, result);
}
