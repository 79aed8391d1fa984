/* Rollouts: starting and watching. */
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "service/core/keysets.h"
#include "service/core/operator_json.h"
#include "service/core/operator_rollout.h"
#include "service/decide/offer.h"
#include "service/process/process.h"

#define RATE_MAX_PER_MINUTE 1000000
#define FAILURES_MAX 1000000
#define RING_WAIT_MAX_S (30 * 86400)

static const char *state_name(enum rollout_state state)
{
    static const char *const names[] = {NULL, "running", "paused", "halted", "aborted", "finished"};
    return names[state];
}

static json_t *json_rings(const struct rollout_record *rollout)
{
    json_t *rings = json_array();
    for (size_t index = 0; index < ROLLOUT_RING_COUNT_MAX && rollout->rings[index] != 0; index++) {
        ENSURE(json_array_append_new(rings, json_number(rollout->rings[index])) == 0);
    }
    return rings;
}

/* What devices say that are on their way, and the bytes that stand on all of them. */
static void put_progress(json_t *object, const struct rollout_record *rollout, const struct rollout_counts *counts,
                         const struct rollout_reports *reports)
{
    uint64_t size_bytes = rollout->file_size_bytes;
    uint64_t done_bytes = counts->running * size_bytes + reports->size_done_bytes;
    json_t *states = json_object();
    for (int state = UPDATE_STATE_DOWNLOADING; state <= (int)UPDATE_STATE_MAX; state++) {
        if (reports->counts[state] > 0) {
            json_put(states, update_state_name((enum update_state)state), json_number(reports->counts[state]));
        }
    }
    json_put(object, "reported", states);
    json_put(object, "bytes_done", json_number(done_bytes));
    json_put(object, "bytes_total", json_number(counts->offered * size_bytes));
}

/* Where the rollout stands, for people. */
static json_t *sentence(const struct rollout_record *rollout, const struct rollout_counts *counts)
{
    char text[200];
    uint32_t next = offer_next_ring(rollout);
    unsigned long long running = (unsigned long long)counts->running;
    unsigned long long offered = (unsigned long long)counts->offered;
    unsigned int enough = (unsigned int)rollout->success_percent_min;
    uint64_t ready_s = rollout->ring_opened_s + rollout->ring_wait_s;
    uint64_t now_s = process_time_s();
    unsigned long long left_s = ready_s > now_s ? (unsigned long long)(ready_s - now_s) : 0;
    if (rollout->state != ROLLOUT_RUNNING) {
        snprintf(text, sizeof text, "%s; %llu of %llu devices offered run it", state_name(rollout->state), running, offered);
    } else if (next == 0 && rollout->percent < 100) {
        snprintf(text, sizeof text, "%llu of %llu devices offered run it; wider only by 'sopris rollout resume --percent'",
                 running, offered);
    } else {
        char then[40] = "it is finished";
        if (next > 0) {
            snprintf(then, sizeof then, "the ring of %u %% opens", (unsigned int)next);
        }
        snprintf(text, sizeof text, "%llu of %llu devices offered run it; %s at %u %%, in %llu s at the earliest", running,
                 offered, then, enough, left_s);
    }
    return json_string(text);
}

struct error rollout_json(struct core *core, const struct rollout_record *rollout, json_t **out)
{
    struct rollout_counts counts;
    struct rollout_reports reports;
    TRY(store_target_count(core->store, rollout->number, 0, &counts));
    TRY(store_target_reports(core->store, rollout, &reports));
    json_t *object = json_object();
    json_put(object, "number", json_number(rollout->number));
    json_put(object, "component", json_string(component_name(rollout->component)));
    json_put(object, "sequence", json_number(rollout->sequence));
    json_put(object, "group", rollout->group[0] == '\0' ? json_null() : json_string(rollout->group));
    json_put(object, "state", json_string(state_name(rollout->state)));
    json_put(object, "percent", json_number(rollout->percent));
    json_put(object, "rings", json_rings(rollout));
    json_put(object, "ring_wait", json_number(rollout->ring_wait_s));
    json_put(object, "ring_opened", json_number(rollout->ring_opened_s));
    json_put(object, "success_min", json_number(rollout->success_percent_min));
    json_put(object, "window", json_pack("[i, i]", (int)rollout->window_start_hour, (int)rollout->window_end_hour));
    json_put(object, "rate", json_number(rollout->rate_per_minute));
    json_put(object, "failures_max", json_number(rollout->failures_max));
    json_put(object, "offered", json_number(counts.offered));
    json_put(object, "running", json_number(counts.running));
    json_put(object, "failed", json_number(counts.failed));
    put_progress(object, rollout, &counts, &reports);
    json_put(object, "sentence", sentence(rollout, &counts));
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

/* Numbers of a request before they are known to be in their range. */
struct wish {
    const char *component;
    const char *group;
    json_t *rings;
    json_int_t sequence;
    json_int_t percent;
    json_int_t rate;
    json_int_t failures_max;
    json_int_t ring_wait_s;
    json_int_t success_percent_min;
    json_int_t window_start_hour;
    json_int_t window_end_hour;
};

static bool is_within(json_int_t value, json_int_t min, json_int_t max)
{
    return value >= min && value <= max;
}

static bool wish_is_valid(const struct wish *wish)
{
    return is_within(wish->sequence, 0, UINT32_MAX) && is_within(wish->percent, 0, 100) &&
           is_within(wish->rate, 0, RATE_MAX_PER_MINUTE) && is_within(wish->failures_max, 1, FAILURES_MAX) &&
           is_within(wish->ring_wait_s, 0, RING_WAIT_MAX_S) && is_within(wish->success_percent_min, 1, 100) &&
           is_within(wish->window_start_hour, 0, 23) && is_within(wish->window_end_hour, 0, 23) &&
           (wish->group[0] == '\0' || is_group_name(wish->group)) && (wish->rings == NULL || wish->percent == 0);
}

/* Ascending percentages; the first is open at once. Without rings there is one, the percentage or everything. */
static bool rings_read(const struct wish *wish, struct rollout_record *rollout)
{
    size_t count = json_array_size(wish->rings);
    rollout->percent = wish->percent == 0 ? 100 : (uint32_t)wish->percent;
    if (wish->rings == NULL) {
        return true;
    }
    if (!json_is_array(wish->rings) || count == 0 || count > ROLLOUT_RING_COUNT_MAX) {
        return false;
    }
    json_int_t previous = 0;
    for (size_t index = 0; index < count; index++) {
        json_int_t ring = json_integer_value(json_array_get(wish->rings, index));
        if (!is_within(ring, previous + 1, 100)) {
            return false;
        }
        rollout->rings[index] = (uint8_t)ring;
        previous = ring;
    }
    rollout->percent = rollout->rings[0];
    return true;
}

static bool rollout_read(json_t *body, struct rollout_record *out)
{
    struct wish wish = {.group = "", .sequence = -1, .failures_max = 1, .ring_wait_s = ROLLOUT_RING_WAIT_DEFAULT_S,
                        .success_percent_min = ROLLOUT_SUCCESS_PERCENT_DEFAULT};
    if (json_unpack(body, "{s:s, s:I, s?I, s?I, s?I, s?s, s?o, s?I, s?I, s?[II!] !}", "component", &wish.component,
                    "sequence", &wish.sequence, "percent", &wish.percent, "rate", &wish.rate, "failures_max",
                    &wish.failures_max, "group", &wish.group, "rings", &wish.rings, "ring_wait", &wish.ring_wait_s,
                    "success_min", &wish.success_percent_min, "window", &wish.window_start_hour,
                    &wish.window_end_hour) != 0 ||
        !wish_is_valid(&wish) || (wish.percent == 0 && json_object_get(body, "percent") != NULL)) {
        return false;
    }
    *out = (struct rollout_record){
        .sequence = (uint32_t)wish.sequence,
        .rate_per_minute = (uint32_t)wish.rate,
        .failures_max = (uint32_t)wish.failures_max,
        .ring_wait_s = (uint32_t)wish.ring_wait_s,
        .success_percent_min = (uint32_t)wish.success_percent_min,
        .window_start_hour = (uint32_t)wish.window_start_hour,
        .window_end_hour = (uint32_t)wish.window_end_hour,
        .state = ROLLOUT_RUNNING,
        .started_s = process_time_s(),
    };
    out->ring_opened_s = out->started_s;
    snprintf(out->group, sizeof out->group, "%s", wish.group);
    return component_of(wish.component, &out->component) && rings_read(&wish, out);
}

/* T-05: nothing goes out that devices with the newest key set refuse. */
static struct error refuse_outdated(struct core *core, const struct image_record *image, struct route_result *result,
                                    bool *is_refused)
{
    TRY(keysets_outdate(core, image, is_refused));
    if (*is_refused) {
        route_problem(result, 409, ERROR(KEYSET, GENERATION),
                      "this image was signed under an older key set than the newest that is known, so devices refuse it; "
                      "sign it under the new one, publish it, and roll that out");
    }
    return ERROR_NONE;
}

struct error route_post_rollout(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    struct rollout_record rollout;
    struct image_record image;
    if (!rollout_read(body, &rollout)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"component\", \"sequence\", and perhaps \"group\", \"percent\": 1 to 100 or \"rings\": "
                      "ascending percentages, \"ring_wait\": s, \"success_min\": 1 to 100, \"window\": [hour, hour], "
                      "\"rate\": devices a minute or 0, \"failures_max\": from 1}");
        return ERROR_NONE;
    }
    struct error error = store_image_find(core->store, rollout.component, rollout.sequence, &image);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND),
                      "no image of this component and sequence was published; see 'sopris image publish'");
        return ERROR_NONE;
    }
    TRY(error);
    bool is_refused = false;
    TRY(refuse_outdated(core, &image, result, &is_refused));
    if (is_refused) {
        return ERROR_NONE;
    }
    rollout.digest = image.digest;
    rollout.authority = image.authority;
    rollout.file_digest = image.file_digest;
    rollout.file_size_bytes = image.file_size_bytes;
    error = store_rollout_add(core->store, &rollout);
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST),
                      "a rollout of this component is open for some of these devices; 'sopris rollout finish' or 'abort' "
                      "ends it");
        return ERROR_NONE;
    }
    TRY(error);
    TRY(patches_prepare(core->patches, core->store, &rollout));
    result->status = 201;
    return rollout_json(core, &rollout, &result->document);
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
        TRY(rollout_json(core, &page.rollouts[index], &object));
        ENSURE(json_array_append_new(array, object) == 0);
    }
    return ERROR_NONE;
}
