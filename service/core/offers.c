#include "service/core/offers.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "service/core/operator_json.h"
#include "service/decide/offer.h"
#include "service/process/process.h"

/* What one decision is made of and that the input points to. */
struct question {
    struct rollout_record rollout;
    struct rollout_target target;
    struct offer_input input;
};

/* found: there is an open rollout of the component, and the question is complete. */
static struct error ask(struct core *core, enum component component, const struct device_record *record,
                        uint64_t time_s, struct question *out, bool *found)
{
    *found = false;
    struct error error = store_rollout_find_open(core->store, component, &out->rollout);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        return ERROR_NONE;
    }
    TRY(error);
    struct rollout_counts counts;
    uint64_t since_s = time_s > OFFER_RATE_WINDOW_S ? time_s - OFFER_RATE_WINDOW_S : 0;
    TRY(store_target_count(core->store, out->rollout.number, since_s, &counts));
    error = store_target_load(core->store, out->rollout.number, &record->ueid, &out->target);
    bool is_target = error_is_none(error);
    if (!is_target && !error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        return error;
    }
    out->input = (struct offer_input){
        .rollout = &out->rollout,
        .target = is_target ? &out->target : NULL,
        .record = record,
        .failed_count = counts.failed,
        .offered_count = counts.offered_since,
        .time_s = time_s,
    };
    *found = true;
    return ERROR_NONE;
}

static struct error write_effects(struct core *core, struct rollout_record *rollout, const struct offer_output *output)
{
    if (output->save_target) {
        TRY(store_target_save(core->store, &output->target));
    }
    if (!output->halt) {
        return ERROR_NONE;
    }
    rollout->state = ROLLOUT_HALTED;
    process_log("rollout %llu of %s %u halted: too many devices failed", (unsigned long long)rollout->number,
                component_name(rollout->component), (unsigned int)rollout->sequence);
    return store_rollout_save(core->store, rollout);
}

static void describe(const struct rollout_record *rollout, const char *text, struct decision_record *decision)
{
    size_t used = strlen(decision->detail);
    snprintf(decision->detail + used, sizeof decision->detail - used, "; %s %u %s", component_name(rollout->component),
             (unsigned int)rollout->sequence, text);
}

/* The record of the device's own story has what changed, not what goes on as before. */
static void note(const struct rollout_record *rollout, const struct offer_output *output,
                 struct decision_record *decision)
{
    if (output->is_offered) {
        describe(rollout, "offered", decision);
    } else if (output->save_target) {
        describe(rollout, output->target.state == TARGET_RUNNING ? "installed" : "failed", decision);
    }
}

struct error offers_decide(struct core *core, const struct device_record *record, struct decision_record *decision,
                           struct offers *out)
{
    out->count = 0;
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_APP; component++) {
        struct question question;
        struct offer_output output;
        bool found = false;
        TRY(ask(core, (enum component)component, record, decision->time_s, &question, &found));
        if (!found) {
            continue;
        }
        decide_offer(&question.input, &output);
        TRY(write_effects(core, &question.rollout, &output));
        note(&question.rollout, &output, decision);
        if (output.is_offered) {
            out->list[out->count++] = (struct checkin_offer){
                .component = question.rollout.component,
                .sequence = question.rollout.sequence,
                .file_digest = question.rollout.file_digest,
                .file_size_bytes = question.rollout.file_size_bytes,
            };
        }
    }
    return ERROR_NONE;
}

struct error offers_explain(struct core *core, const struct device_record *record, json_t **out)
{
    json_t *array = json_array();
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_APP; component++) {
        struct question question;
        struct offer_output output;
        bool found = false;
        struct error error = ask(core, (enum component)component, record, process_time_s(), &question, &found);
        if (!error_is_none(error)) {
            json_decref(array);
            return error;
        }
        if (found) {
            decide_offer(&question.input, &output);
            json_t *object = json_object();
            json_put(object, "rollout", json_number(question.rollout.number));
            json_put(object, "component", json_string(component_name(question.rollout.component)));
            json_put(object, "sequence", json_number(question.rollout.sequence));
            json_put(object, "offered", json_boolean(question.input.target != NULL));
            json_put(object, "ring", json_number(offer_ring(&record->ueid)));
            /* A first offer is made when the device checks in next. */
            json_put(object, "sentence", json_string(output.reason == OFFER_MADE ? "offered at its next check-in"
                                                                                 : offer_text(output.reason)));
            ENSURE(json_array_append_new(array, object) == 0);
        }
    }
    *out = array;
    return ERROR_NONE;
}
