/* One rollout: its devices, pausing, going on, ending. */
#include <string.h>

#include "base/ensure.h"
#include "service/core/operator_json.h"
#include "service/core/operator_rollout.h"
#include "service/process/process.h"

/* Loads the rollout that a path names; a problem if there is none, and then *found is false. */
static struct error load(struct core *core, struct span argument, struct rollout_record *out, bool *found,
                         struct route_result *result)
{
    uint64_t number = 0;
    struct error error = number_parse(argument, &number) ? store_rollout_load(core->store, number, out)
                                                         : ERROR(STORE, NOT_FOUND);
    *found = error_is_none(error);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "there is no rollout of this number");
        return ERROR_NONE;
    }
    return error;
}

#define TARGET_COUNT_MAX 500

struct target_page {
    size_t count;
    struct rollout_target targets[TARGET_COUNT_MAX]; /* gathered first, since their reports use the store again */
};

static void visit_target(void *context, const struct rollout_target *target)
{
    struct target_page *page = context;
    page->targets[page->count++] = *target;
}

static struct error target_json(struct core *core, const struct rollout_record *rollout,
                                const struct rollout_target *target, json_t **out)
{
    static const char *const names[] = {NULL, "offered", "running", "failed"};
    struct report_record report;
    struct error error = store_report_load(core->store, &target->ueid, rollout->component, &report);
    bool is_reported = error_is_none(error) && report.report.sequence == rollout->sequence;
    if (!error_is_none(error) && !error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        return error;
    }
    json_t *object = json_object();
    json_put(object, "ueid", json_hex(target->ueid.bytes, sizeof target->ueid.bytes));
    json_put(object, "state", json_string(names[target->state]));
    json_put(object, "offered", json_number(target->offered_s));
    json_put(object, "changed", json_number(target->changed_s));
    json_put(object, "report", is_reported ? json_report(&report) : json_null());
    *out = object;
    return ERROR_NONE;
}

struct error route_get_rollout(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    static struct target_page page;
    struct rollout_record rollout;
    bool found = false;
    TRY(load(core, argument, &rollout, &found, result));
    if (!found) {
        return ERROR_NONE;
    }
    page.count = 0;
    TRY(store_target_list(core->store, rollout.number, TARGET_COUNT_MAX, visit_target, &page));
    TRY(rollout_json(core, &rollout, &result->document));
    json_t *devices = json_array();
    json_put(result->document, "devices", devices);
    for (size_t index = 0; index < page.count; index++) {
        json_t *device = NULL;
        TRY(target_json(core, &rollout, &page.targets[index], &device));
        ENSURE(json_array_append_new(devices, device) == 0);
    }
    return ERROR_NONE;
}

static struct error save(struct core *core, struct rollout_record *rollout, struct route_result *result)
{
    TRY(store_rollout_save(core->store, rollout));
    return rollout_json(core, rollout, &result->document);
}

static bool is_open(const struct rollout_record *rollout)
{
    return rollout->state < ROLLOUT_ABORTED;
}

static void refuse_closed(const struct rollout_record *rollout, struct route_result *result)
{
    route_problem(result, 409, ERROR(OPERATOR, REQUEST),
                  rollout->state == ROLLOUT_FINISHED ? "the rollout is finished; start another"
                                                     : "the rollout was aborted; start another");
}

static struct error set_state(struct core *core, struct span argument, enum rollout_state state,
                              struct route_result *result)
{
    struct rollout_record rollout;
    bool found = false;
    TRY(load(core, argument, &rollout, &found, result));
    if (!found) {
        return ERROR_NONE;
    }
    /* A finished one can still be withdrawn from devices that come back late. */
    if (!is_open(&rollout) && !(rollout.state == ROLLOUT_FINISHED && state == ROLLOUT_ABORTED)) {
        refuse_closed(&rollout, result);
        return ERROR_NONE;
    }
    /* What has halted stays so, for the reason that it halted. */
    if (!(rollout.state == ROLLOUT_HALTED && state == ROLLOUT_PAUSED)) {
        rollout.state = state;
    }
    return save(core, &rollout, result);
}

struct error route_post_rollout_pause(struct core *core, struct span argument, json_t *body,
                                      struct route_result *result)
{
    (void)body;
    return set_state(core, argument, ROLLOUT_PAUSED, result);
}

struct error route_post_rollout_abort(struct core *core, struct span argument, json_t *body,
                                      struct route_result *result)
{
    (void)body;
    return set_state(core, argument, ROLLOUT_ABORTED, result);
}

/* Whoever resumes has seen the failures so far: from here on as many are allowed again. */
struct error route_post_rollout_resume(struct core *core, struct span argument, json_t *body,
                                       struct route_result *result)
{
    struct rollout_record rollout;
    struct rollout_counts counts;
    json_int_t percent = 0;
    bool found = false;
    if (json_unpack(body, "{s?I !}", "percent", &percent) != 0 || percent < 0 || percent > 100) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected {\"percent\": 1 to 100, or nothing}");
        return ERROR_NONE;
    }
    TRY(load(core, argument, &rollout, &found, result));
    if (!found) {
        return ERROR_NONE;
    }
    if (!is_open(&rollout)) {
        refuse_closed(&rollout, result);
        return ERROR_NONE;
    }
    TRY(store_target_count(core->store, rollout.number, 0, &counts));
    rollout.state = ROLLOUT_RUNNING;
    rollout.failures_forgiven = counts.failed;
    if (percent > 0) {
        rollout.percent = (uint32_t)percent;
        rollout.ring_opened_s = process_time_s();
    }
    return save(core, &rollout, result);
}

struct error route_post_rollout_finish(struct core *core, struct span argument, json_t *body,
                                       struct route_result *result)
{
    (void)body;
    return set_state(core, argument, ROLLOUT_FINISHED, result);
}

/* Devices that failed are treated as if they had never been offered the release, and their failures no longer count. */
struct error route_post_rollout_retry(struct core *core, struct span argument, json_t *body,
                                      struct route_result *result)
{
    struct rollout_record rollout;
    struct ueid ueid;
    const char *text = NULL;
    uint64_t count = 0;
    bool found = false;
    if (json_unpack(body, "{s?s !}", "ueid", &text) != 0 ||
        (text != NULL && !ueid_parse(span_of(text, strlen(text)), &ueid))) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected {\"ueid\": 66 hex digits, or nothing}");
        return ERROR_NONE;
    }
    TRY(load(core, argument, &rollout, &found, result));
    if (!found) {
        return ERROR_NONE;
    }
    TRY(store_target_forget_failed(core->store, rollout.number, text == NULL ? NULL : &ueid, &count));
    if (text != NULL && count == 0) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "this device has not failed in this rollout");
        return ERROR_NONE;
    }
    rollout.failures_forgiven = rollout.failures_forgiven > count ? rollout.failures_forgiven - count : 0;
    return save(core, &rollout, result);
}
