#include "service/decide/offer.h"

#include <string.h>

#include "base/ensure.h"
#include "base/error.h"
#include "crypto/sha256.h"

#define RING_NOTICE_S 60

/* NULL: the device reports no such component, as one without an app does. */
static const struct measurement *measured(const struct offer_input *input)
{
    for (size_t index = 0; index < input->record->measurement_count; index++) {
        if (input->record->measurements[index].component == input->rollout->component) {
            return &input->record->measurements[index];
        }
    }
    return NULL;
}

static bool runs_release(const struct measurement *measurement, const struct rollout_record *rollout)
{
    return measurement != NULL && measurement->sequence == rollout->sequence &&
           memcmp(measurement->digest.bytes, rollout->digest.bytes, sizeof rollout->digest.bytes) == 0 &&
           memcmp(measurement->authority.bytes, rollout->authority.bytes, sizeof rollout->authority.bytes) == 0;
}

static bool has_reset_since(const struct device_record *record, const struct rollout_target *target)
{
    return record->epoch > target->epoch ||
           (record->epoch == target->epoch && record->boot_count > target->boot_count);
}

/* NULL: the device has said nothing about this very release. */
static const struct report_record *reported(const struct offer_input *input)
{
    bool is_about_it = input->report != NULL && input->report->report.sequence == input->rollout->sequence;
    return is_about_it ? input->report : NULL;
}

/* What no better line would change. Everything else may be a file that was altered on its way. */
static bool is_final(uint32_t code)
{
    switch (code) {
    case ERROR_CODE_MANIFEST_VENDOR:
    case ERROR_CODE_MANIFEST_CLASS:
    case ERROR_CODE_MANIFEST_COMPONENT:
    case ERROR_CODE_MANIFEST_ROLLBACK:
    case ERROR_CODE_MANIFEST_SIZE:
    case ERROR_CODE_KEYSET_GENERATION:
        return true;
    default:
        return false;
    }
}

/* A report from before the offer is about an earlier try. */
static bool says_failed(const struct offer_input *input)
{
    const struct report_record *report = reported(input);
    if (report == NULL || report->since_s < input->target->offered_s) {
        return false;
    }
    return report->report.state == UPDATE_STATE_FAILED ||
           (report->report.state == UPDATE_STATE_REFUSED &&
            (is_final(report->report.code) || input->time_s - report->since_s >= OFFER_REFUSAL_PATIENCE_S));
}

/* Whoever tells of updates or of its key sets says durably how a trial ended, so a reset of it alone means nothing. */
static bool is_talkative(const struct offer_input *input)
{
    const struct checkin_generations *said = &input->record->generations;
    return input->report != NULL || said->release != 0 || said->app != 0 || said->control != 0;
}

/* In this try or in one before. */
static bool says_failed_ever(const struct offer_input *input)
{
    const struct report_record *report = reported(input);
    return report != NULL && report->report.state == UPDATE_STATE_FAILED;
}

/* Power cuts must cost nothing. A failure that was there before this offer may be that of a second try, which takes some
 * resets; a silent device has no other way to say that it failed. */
static bool has_lost_it(const struct offer_input *input)
{
    if (says_failed_ever(input)) {
        return input->record->epoch == input->target->epoch &&
               input->record->boot_count >= input->target->boot_count + OFFER_TRIAL_RESET_COUNT_MIN;
    }
    return !is_talkative(input) && has_reset_since(input->record, input->target);
}

/* On trial it reached nobody: that counts, but the network may have been to blame. */
static bool says_no_contact(const struct offer_input *input)
{
    return says_failed_ever(input) && input->report->report.code == ERROR_CODE_BOOT_CONTACT;
}

static bool is_in_window(const struct rollout_record *rollout, uint64_t time_s)
{
    uint32_t hour = (uint32_t)(time_s / 3600 % 24);
    uint32_t start = rollout->window_start_hour;
    uint32_t end = rollout->window_end_hour;
    if (start <= end) {
        return start == end || (hour >= start && hour < end);
    }
    return hour >= start || hour < end; /* over midnight */
}

static bool deserves_another_try(const struct offer_input *input)
{
    const struct rollout_record *rollout = input->rollout;
    bool is_open = rollout->state == ROLLOUT_RUNNING || rollout->state == ROLLOUT_FINISHED;
    return is_open && !input->is_outdated && says_no_contact(input) && is_in_window(rollout, input->time_s) &&
           input->time_s >= input->target->changed_s + OFFER_NO_CONTACT_WAIT_S;
}

/* What the check-in teaches about an offer made before. */
static enum target_state observe(const struct offer_input *input, bool is_running, bool is_later)
{
    const struct rollout_target *target = input->target;
    if (target == NULL) {
        return TARGET_NONE;
    }
    if (is_running) {
        return input->crash_count >= OFFER_CRASH_COUNT_MIN ? TARGET_FAILED : TARGET_RUNNING;
    }
    if (is_later) {
        return target->state; /* it moved on, which says nothing against this release */
    }
    bool has_fallen_back = target->state == TARGET_RUNNING;
    if (target->state == TARGET_FAILED && deserves_another_try(input)) {
        return TARGET_OFFERED;
    }
    bool has_failed = target->state == TARGET_OFFERED && (says_failed(input) || has_lost_it(input));
    return has_fallen_back || has_failed ? TARGET_FAILED : target->state;
}

uint32_t offer_next_ring(const struct rollout_record *rollout)
{
    for (size_t index = 0; index < ROLLOUT_RING_COUNT_MAX; index++) {
        if (rollout->rings[index] > rollout->percent) {
            return rollout->rings[index];
        }
    }
    return 0;
}

/* Whether enough of the devices that were offered it run it, and have had the time to fail. */
static void take_progress(const struct offer_input *input, enum target_state state, struct offer_output *out)
{
    const struct rollout_record *rollout = input->rollout;
    bool is_new = state == TARGET_RUNNING && input->target->state != TARGET_RUNNING;
    bool is_lost = state == TARGET_FAILED && input->target->state == TARGET_RUNNING;
    uint64_t running_count = input->running_count + (is_new ? 1 : 0) - (is_lost && input->running_count > 0 ? 1 : 0);
    bool is_enough = running_count > 0 && running_count * 100 >= input->target_count * rollout->success_percent_min;
    /* Without news, a ring that has just opened gets the time to be noticed. */
    uint32_t wait_s = is_new || rollout->ring_wait_s > RING_NOTICE_S ? rollout->ring_wait_s : RING_NOTICE_S;
    if (rollout->state != ROLLOUT_RUNNING || out->halt || !is_enough ||
        input->time_s < rollout->ring_opened_s + wait_s) {
        return;
    }
    out->open_percent = offer_next_ring(rollout);
    out->finish = out->open_percent == 0 && rollout->percent == 100;
}

static enum offer_reason closed_reason(enum rollout_state state)
{
    switch (state) {
    case ROLLOUT_PAUSED:
        return OFFER_PAUSED;
    case ROLLOUT_HALTED:
        return OFFER_HALTED;
    default:
        return OFFER_ABORTED;
    }
}

/* For a device that neither runs the release nor has failed with it. */
static enum offer_reason may_start(const struct offer_input *input, uint32_t percent)
{
    const struct rollout_record *rollout = input->rollout;
    if (rollout->state != ROLLOUT_RUNNING && rollout->state != ROLLOUT_FINISHED) {
        return closed_reason(rollout->state);
    }
    if (input->is_outdated) {
        return OFFER_OUTDATED;
    }
    if (input->target != NULL) {
        return OFFER_MADE_AGAIN;
    }
    if (offer_ring(&input->record->ueid) >= percent) {
        return OFFER_OUTSIDE_RING;
    }
    if (!is_in_window(rollout, input->time_s)) {
        return OFFER_WINDOW;
    }
    if (rollout->rate_per_minute > 0 && input->offered_count >= rollout->rate_per_minute) {
        return OFFER_RATE;
    }
    return OFFER_MADE;
}

static void take_state(const struct offer_input *input, enum target_state state, struct offer_output *out)
{
    const struct rollout_record *rollout = input->rollout;
    if (input->target == NULL) {
        return;
    }
    bool is_again = state == TARGET_OFFERED && input->target->state == TARGET_FAILED;
    bool has_come_through = state == TARGET_OFFERED && has_reset_since(input->record, input->target) &&
                            !says_failed_ever(input);
    if (state == input->target->state && !has_come_through) {
        return;
    }
    out->target = *input->target;
    out->target.state = state;
    out->save_target = true;
    if (is_again || has_come_through) {
        out->target.epoch = input->record->epoch;
        out->target.boot_count = input->record->boot_count;
    }
    if (is_again) {
        out->target.offered_s = input->time_s;
    }
    if (state != input->target->state) {
        out->target.changed_s = input->time_s;
    }
    /* Failures that someone looked at before resuming do not count again. */
    out->halt = state == TARGET_FAILED && state != input->target->state &&
                (rollout->state == ROLLOUT_RUNNING || rollout->state == ROLLOUT_FINISHED) &&
                input->failed_count + 1 >= (uint64_t)rollout->failures_max + rollout->failures_forgiven;
}

void decide_offer(const struct offer_input *input, struct offer_output *out)
{
    const struct rollout_record *rollout = input->rollout;
    const struct measurement *measurement = measured(input);
    bool is_running = runs_release(measurement, rollout);
    bool is_later = !is_running && measurement != NULL && measurement->sequence >= rollout->sequence;
    enum target_state state = observe(input, is_running, is_later);
    *out = (struct offer_output){.reason = OFFER_RUNNING};
    take_state(input, state, out);
    take_progress(input, state, out);
    if (is_running) {
        out->reason = state == TARGET_FAILED ? OFFER_CRASHES : OFFER_RUNNING;
        return;
    }
    if (is_later) {
        out->reason = OFFER_RUNS_LATER;
        return;
    }
    uint32_t percent = out->open_percent > 0 ? out->open_percent : rollout->percent;
    enum offer_reason failed_reason = says_no_contact(input) ? OFFER_NO_CONTACT : OFFER_FAILED;
    out->reason = state == TARGET_FAILED ? failed_reason : may_start(input, percent);
    out->is_offered = out->reason == OFFER_MADE || out->reason == OFFER_MADE_AGAIN;
    if (out->reason == OFFER_MADE) {
        out->save_target = true;
        out->target = (struct rollout_target){
            .rollout = rollout->number,
            .ueid = input->record->ueid,
            .state = TARGET_OFFERED,
            .epoch = input->record->epoch,
            .boot_count = input->record->boot_count,
            .offered_s = input->time_s,
            .changed_s = input->time_s,
        };
    }
}

uint32_t offer_ring(const struct ueid *ueid)
{
    struct sha256_digest digest = sha256_of(SPAN_OF(ueid->bytes));
    uint32_t number = (uint32_t)digest.bytes[0] << 24 | (uint32_t)digest.bytes[1] << 16 |
                      (uint32_t)digest.bytes[2] << 8 | digest.bytes[3];
    return number % 100;
}

const char *offer_text(enum offer_reason reason)
{
    switch (reason) {
    case OFFER_MADE:
        return "offered";
    case OFFER_MADE_AGAIN:
        return "offered; the device does not run it yet and has not said that it failed";
    case OFFER_RUNNING:
        return "the device runs it";
    case OFFER_CRASHES:
        return "the device runs it, and reported a burst of failures of it; see 'sopris failure list --device'";
    case OFFER_RUNS_LATER:
        return "not offered: the device runs this sequence or a later one already";
    case OFFER_FAILED:
        return "not offered again: the device took the offer and did not come to run it; 'sopris rollout retry' gives it "
               "another chance";
    case OFFER_NO_CONTACT:
        return "not offered now: on trial it did not reach the service, and the device went back; offered again a day after";
    case OFFER_OUTDATED:
        return "not offered: the image was signed under a key set that has been replaced, and devices refuse it; sign it "
               "under the new one, publish it, and roll that out";
    case OFFER_PAUSED:
        return "not offered: the rollout is paused; 'sopris rollout resume' goes on";
    case OFFER_HALTED:
        return "not offered: too many devices failed and the rollout halted; 'sopris rollout resume' goes on";
    case OFFER_ABORTED:
        return "not offered: the rollout was aborted";
    case OFFER_OUTSIDE_RING:
        return "not offered yet: the device is outside the ring that is open; 'sopris rollout resume --percent' widens it";
    case OFFER_RATE:
        return "not offered yet: as many devices as the rate allows were offered it in the last minute";
    case OFFER_WINDOW:
        return "not offered now: outside the hours of the rollout's window";
    }
    ensure_failed(__FILE_NAME__, __LINE__);
}
