#include "service/core/offers.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "service/core/keysets.h"
#include "service/core/operator_json.h"
#include "service/decide/offer.h"
#include "service/process/process.h"

/* What one decision is made of and that the input points to. */
struct question {
    struct rollout_record rollout;
    struct rollout_target target;
    struct report_record report;
    struct offer_input input;
};

/* What is the same for all questions about one device. */
struct subject {
    struct core *core;
    const struct device_record *record;
    const struct failure_news *failures; /* NULL: nobody asks because of a check-in */
    uint64_t time_s;
    struct rollout_reach reach;
    char group[GROUP_NAME_SIZE_BYTES_MAX + 1]; /* read only if there is any rollout */
};

/* Where the release that a device is to have comes from, in this order: what is being rolled out to it, then what was
 * rolled out to the end before and it missed. */
enum source {
    SOURCE_OPEN,
    SOURCE_FINISHED,
    SOURCE_COUNT,
};

static struct error subject_make(struct core *core, const struct device_record *record, uint64_t time_s,
                                 struct subject *out)
{
    *out = (struct subject){.core = core, .record = record, .time_s = time_s};
    TRY(store_rollout_reach(core->store, &out->reach));
    return (out->reach.open | out->reach.finished) == 0 ? ERROR_NONE
                                                        : store_group_of(core->store, &record->ueid, out->group);
}

static struct error found_or_not(struct error error, bool *found)
{
    *found = error_is_none(error);
    return error_is(error, ERROR_CODE_STORE_NOT_FOUND) ? ERROR_NONE : error;
}

/* Without a check-in, for explaining, things are as the last one left them. */
static uint64_t crash_count(const struct subject *subject, enum component component,
                            const struct rollout_target *target)
{
    if (subject->failures != NULL) {
        return subject->failures->counts[component];
    }
    return target != NULL && target->state == TARGET_FAILED ? OFFER_CRASH_COUNT_MIN : 0;
}

/* T-05: its key set may have been replaced since the rollout began. */
static struct error find_outdated(struct core *core, const struct rollout_record *rollout, bool *out)
{
    struct image_record image;
    bool found = false;
    *out = false;
    TRY(found_or_not(store_image_load(core->store, &rollout->file_digest, &image), &found));
    return found ? keysets_outdate(core, &image, out) : ERROR_NONE;
}

/* found: there is such a rollout, and the question is complete. */
static struct error ask(const struct subject *subject, enum component component, enum source source,
                        struct question *out, bool *found)
{
    struct store *store = subject->core->store;
    const struct ueid *ueid = &subject->record->ueid;
    uint32_t reach = source == SOURCE_OPEN ? subject->reach.open : subject->reach.finished;
    *found = false;
    if ((reach & 1u << component) == 0) {
        return ERROR_NONE;
    }
    TRY(found_or_not(source == SOURCE_OPEN
                         ? store_rollout_find_open(store, component, subject->group, &out->rollout)
                         : store_rollout_find_finished(store, component, subject->group, &out->rollout),
                     found));
    if (!*found) {
        return ERROR_NONE;
    }
    struct rollout_counts counts;
    uint64_t since_s = subject->time_s > OFFER_RATE_WINDOW_S ? subject->time_s - OFFER_RATE_WINDOW_S : 0;
    bool is_target = false;
    bool is_reported = false;
    bool is_outdated = false;
    TRY(find_outdated(subject->core, &out->rollout, &is_outdated));
    TRY(store_target_count(store, out->rollout.number, since_s, &counts));
    TRY(found_or_not(store_target_load(store, out->rollout.number, ueid, &out->target), &is_target));
    TRY(found_or_not(store_report_load(store, ueid, component, &out->report), &is_reported));
    out->input = (struct offer_input){
        .rollout = &out->rollout,
        .is_outdated = is_outdated,
        .target = is_target ? &out->target : NULL,
        .record = subject->record,
        .report = is_reported ? &out->report : NULL,
        .target_count = counts.offered,
        .running_count = counts.running,
        .failed_count = counts.failed,
        .offered_count = counts.offered_since,
        .crash_count = crash_count(subject, component, is_target ? &out->target : NULL),
        .time_s = subject->time_s,
    };
    return ERROR_NONE;
}

/* What a rollout becomes by itself. */
static struct error move(struct core *core, struct rollout_record *rollout, const struct offer_output *output,
                         uint64_t time_s)
{
    unsigned long long number = (unsigned long long)rollout->number;
    const char *name = component_name(rollout->component);
    if (output->halt) {
        /* A finished one is not open, so there may be another by now: it is withdrawn instead. */
        rollout->state = rollout->state == ROLLOUT_FINISHED ? ROLLOUT_ABORTED : ROLLOUT_HALTED;
        process_log("rollout %llu of %s %u %s: too many devices failed", number, name, (unsigned int)rollout->sequence,
                    rollout->state == ROLLOUT_HALTED ? "halted" : "withdrawn");
    } else if (output->open_percent > 0) {
        rollout->percent = output->open_percent;
        rollout->ring_opened_s = time_s;
        process_log("rollout %llu of %s %u: the ring of %u %% is open", number, name, (unsigned int)rollout->sequence,
                    (unsigned int)rollout->percent);
    } else if (output->finish) {
        rollout->state = ROLLOUT_FINISHED;
        process_log("rollout %llu of %s %u finished", number, name, (unsigned int)rollout->sequence);
    } else {
        return ERROR_NONE;
    }
    return store_rollout_save(core->store, rollout);
}

static void describe(const struct rollout_record *rollout, const char *text, struct decision_record *decision)
{
    size_t used = strlen(decision->detail);
    snprintf(decision->detail + used, sizeof decision->detail - used, "; %s %u %s", component_name(rollout->component),
             (unsigned int)rollout->sequence, text);
}

/* The record of the device's own story has what changed, not what goes on as before. offer: NULL if none is made. */
static void note(const struct question *question, const struct offer_output *output, const struct checkin_offer *offer,
                 struct decision_record *decision)
{
    if (offer != NULL) {
        describe(&question->rollout, offer->has_patch ? "offered, as a patch too" : "offered", decision);
    } else if (output->save_target && output->target.state == TARGET_RUNNING) {
        describe(&question->rollout, "installed", decision);
    } else if (output->save_target && output->target.state == TARGET_FAILED) {
        describe(&question->rollout, "failed", decision);
    }
}

static struct error offer_add(const struct subject *subject, const struct question *question, struct offers *out)
{
    const struct rollout_record *rollout = &question->rollout;
    struct checkin_offer *offer = &out->list[out->count++];
    *offer = (struct checkin_offer){
        .component = rollout->component,
        .sequence = rollout->sequence,
        .file_digest = rollout->file_digest,
        .file_size_bytes = rollout->file_size_bytes,
    };
    return patches_find(subject->core->patches, subject->core->store, rollout, question->input.record, offer);
}

static struct error decide_one(const struct subject *subject, struct question *question,
                               struct decision_record *decision, struct offers *out, bool *is_served)
{
    struct offer_output output;
    /* At most one offer a component: an older release only moves a device that the newer one does not. */
    if (*is_served && question->input.target == NULL) {
        return ERROR_NONE;
    }
    decide_offer(&question->input, &output);
    if (output.save_target) {
        TRY(store_target_save(subject->core->store, &output.target));
    }
    TRY(move(subject->core, &question->rollout, &output, subject->time_s));
    bool is_offered = output.is_offered && !*is_served;
    if (is_offered) {
        *is_served = true;
        TRY(offer_add(subject, question, out));
    }
    note(question, &output, is_offered ? &out->list[out->count - 1] : NULL, decision);
    return ERROR_NONE;
}

struct error offers_decide(struct core *core, const struct device_record *record, const struct failure_news *failures,
                           struct decision_record *decision, struct offers *out)
{
    struct subject subject;
    out->count = 0;
    TRY(subject_make(core, record, decision->time_s, &subject));
    subject.failures = failures;
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_APP; component++) {
        bool is_served = false;
        for (int source = 0; source < SOURCE_COUNT; source++) {
            struct question question;
            bool found = false;
            TRY(ask(&subject, (enum component)component, (enum source)source, &question, &found));
            if (found) {
                TRY(decide_one(&subject, &question, decision, out, &is_served));
            }
        }
    }
    return ERROR_NONE;
}

struct error offers_take_reports(struct core *core, const struct ueid *ueid, const struct checkin_request *request,
                                 uint64_t time_s)
{
    for (size_t index = 0; index < request->report_count; index++) {
        const struct report_record record = {.ueid = *ueid, .report = request->reports[index], .time_s = time_s};
        TRY(store_report_save(core->store, &record));
    }
    return ERROR_NONE;
}

static json_t *explain_one(const struct question *question)
{
    const struct rollout_record *rollout = &question->rollout;
    struct offer_output output;
    decide_offer(&question->input, &output);
    json_t *object = json_object();
    json_put(object, "rollout", json_number(rollout->number));
    json_put(object, "component", json_string(component_name(rollout->component)));
    json_put(object, "sequence", json_number(rollout->sequence));
    json_put(object, "offered", json_boolean(question->input.target != NULL));
    json_put(object, "ring", json_number(offer_ring(&question->input.record->ueid)));
    json_put(object, "report",
             question->input.report == NULL ? json_null() : json_report(question->input.report));
    /* A first offer is made when the device checks in next. */
    json_put(object, "sentence",
             json_string(output.reason == OFFER_MADE ? "offered at its next check-in" : offer_text(output.reason)));
    return object;
}

/* Finished rollouts that the device is beyond explain nothing. */
static bool runs_later(const struct question *question)
{
    struct offer_output output;
    decide_offer(&question->input, &output);
    return output.reason == OFFER_RUNS_LATER;
}

static struct error explain_all(const struct subject *subject, json_t *array)
{
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_APP; component++) {
        for (int source = 0; source < SOURCE_COUNT; source++) {
            struct question question;
            bool found = false;
            TRY(ask(subject, (enum component)component, (enum source)source, &question, &found));
            if (found && (source == SOURCE_OPEN || !runs_later(&question))) {
                ENSURE(json_array_append_new(array, explain_one(&question)) == 0);
            }
        }
    }
    return ERROR_NONE;
}

struct error offers_explain(struct core *core, const struct device_record *record, json_t **out)
{
    struct subject subject;
    TRY(subject_make(core, record, process_time_s(), &subject));
    json_t *array = json_array();
    struct error error = explain_all(&subject, array);
    if (!error_is_none(error)) {
        json_decref(array);
        return error;
    }
    *out = array;
    return ERROR_NONE;
}
