/* Rollouts: starting, watching, stopping. */
#include <string.h>

#include "base/ensure.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/process/process.h"

#define RATE_MAX_PER_MINUTE 1000000
#define FAILURES_MAX 1000000

static const char *state_name(enum rollout_state state)
{
    static const char *const names[] = {NULL, "running", "paused", "halted", "aborted"};
    return names[state];
}

static struct error json_rollout(struct core *core, const struct rollout_record *rollout, json_t **out)
{
    struct rollout_counts counts;
    TRY(store_target_count(core->store, rollout->number, 0, &counts));
    json_t *object = json_object();
    json_put(object, "number", json_number(rollout->number));
    json_put(object, "component", json_string(component_name(rollout->component)));
    json_put(object, "sequence", json_number(rollout->sequence));
    json_put(object, "state", json_string(state_name(rollout->state)));
    json_put(object, "percent", json_number(rollout->percent));
    json_put(object, "rate", json_number(rollout->rate_per_minute));
    json_put(object, "failures_max", json_number(rollout->failures_max));
    json_put(object, "offered", json_number(counts.offered_since));
    json_put(object, "running", json_number(counts.running));
    json_put(object, "failed", json_number(counts.failed));
    json_put(object, "started", json_number(rollout->started_s));
    json_put(object, "file_digest", json_hex(rollout->file_digest.bytes, sizeof rollout->file_digest.bytes));
    *out = object;
    return ERROR_NONE;
}

static bool component_of(const char *name, enum component *out)
{
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_APP; component++) {
        if (strcmp(name, component_name((enum component)component)) == 0) {
            *out = (enum component)component;
            return true;
        }
    }
    return false;
}

static bool rollout_read(json_t *body, struct rollout_record *out)
{
    const char *component = NULL;
    json_int_t sequence = -1;
    json_int_t percent = 100;
    json_int_t rate = 0;
    json_int_t failures_max = 1;
    if (json_unpack(body, "{s:s, s:I, s?I, s?I, s?I !}", "component", &component, "sequence", &sequence, "percent",
                    &percent, "rate", &rate, "failures_max", &failures_max) != 0) {
        return false;
    }
    *out = (struct rollout_record){
        .sequence = (uint32_t)sequence,
        .percent = (uint32_t)percent,
        .rate_per_minute = (uint32_t)rate,
        .failures_max = (uint32_t)failures_max,
        .state = ROLLOUT_RUNNING,
        .started_s = process_time_s(),
    };
    return component_of(component, &out->component) && sequence >= 0 && sequence <= UINT32_MAX && percent >= 1 &&
           percent <= 100 && rate >= 0 && rate <= RATE_MAX_PER_MINUTE && failures_max >= 1 &&
           failures_max <= FAILURES_MAX;
}

struct error route_post_rollout(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    struct rollout_record rollout;
    struct image_record image;
    if (!rollout_read(body, &rollout)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"component\", \"sequence\", \"percent\": 1 to 100, \"rate\": devices a minute or 0, "
                      "\"failures_max\": from 1}");
        return ERROR_NONE;
    }
    struct error error = store_image_find(core->store, rollout.component, rollout.sequence, &image);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND),
                      "no image of this component and sequence was published; see 'sopris image publish'");
        return ERROR_NONE;
    }
    TRY(error);
    rollout.digest = image.digest;
    rollout.authority = image.authority;
    rollout.file_digest = image.file_digest;
    rollout.file_size_bytes = image.file_size_bytes;
    error = store_rollout_add(core->store, &rollout);
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST),
                      "a rollout of this component is open; 'sopris rollout abort' ends it");
        return ERROR_NONE;
    }
    TRY(error);
    result->status = 201;
    return json_rollout(core, &rollout, &result->document);
}

static bool parse_number(struct span text, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] < '0' || text.data[index] > '9' || index == 18) {
            return false;
        }
        value = value * 10 + (uint64_t)(text.data[index] - '0');
    }
    *out = value;
    return text.size > 0;
}

/* Loads the rollout that a path names; a problem if there is none, and then *found is false. */
static struct error load(struct core *core, struct span argument, struct rollout_record *out, bool *found,
                         struct route_result *result)
{
    uint64_t number = 0;
    struct error error = parse_number(argument, &number) ? store_rollout_load(core->store, number, out)
                                                         : ERROR(STORE, NOT_FOUND);
    *found = error_is_none(error);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "there is no rollout of this number");
        return ERROR_NONE;
    }
    return error;
}

static struct error save(struct core *core, struct rollout_record *rollout, struct route_result *result)
{
    TRY(store_rollout_save(core->store, rollout));
    return json_rollout(core, rollout, &result->document);
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
    if (rollout.state == ROLLOUT_ABORTED) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST), "the rollout was aborted; start another");
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
    if (rollout.state == ROLLOUT_ABORTED) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST), "the rollout was aborted; start another");
        return ERROR_NONE;
    }
    TRY(store_target_count(core->store, rollout.number, 0, &counts));
    rollout.state = ROLLOUT_RUNNING;
    rollout.failures_forgiven = counts.failed;
    rollout.percent = percent > 0 ? (uint32_t)percent : rollout.percent;
    return save(core, &rollout, result);
}

#define PAGE_COUNT_MAX 100

struct page {
    size_t count;
    struct rollout_record rollouts[PAGE_COUNT_MAX]; /* gathered first, since counting uses the store again */
};

static void visit_rollout(void *context, const struct rollout_record *rollout)
{
    struct page *page = context;
    page->rollouts[page->count++] = *rollout;
}

struct error route_get_rollouts(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    static struct page page;
    page.count = 0;
    json_t *array = json_array();
    result->document = json_object();
    json_put(result->document, "rollouts", array);
    TRY(store_rollout_list(core->store, PAGE_COUNT_MAX, visit_rollout, &page));
    for (size_t index = 0; index < page.count; index++) {
        json_t *object = NULL;
        TRY(json_rollout(core, &page.rollouts[index], &object));
        ENSURE(json_array_append_new(array, object) == 0);
    }
    return ERROR_NONE;
}
