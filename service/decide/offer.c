#include "service/decide/offer.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/sha256.h"

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

/* What the check-in teaches about an offer made before. */
static enum target_state observe(const struct offer_input *input, bool is_running, bool is_later)
{
    const struct rollout_target *target = input->target;
    if (target == NULL) {
        return TARGET_NONE;
    }
    if (is_running) {
        return TARGET_RUNNING;
    }
    if (is_later) {
        return target->state; /* it moved on, which says nothing against this release */
    }
    if (target->state == TARGET_RUNNING ||
        (target->state == TARGET_OFFERED && has_reset_since(input->record, target))) {
        return TARGET_FAILED;
    }
    return target->state;
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
static enum offer_reason may_start(const struct offer_input *input, enum rollout_state state)
{
    const struct rollout_record *rollout = input->rollout;
    if (state != ROLLOUT_RUNNING) {
        return closed_reason(state);
    }
    if (input->target != NULL) {
        return OFFER_MADE_AGAIN;
    }
    if (offer_ring(&input->record->ueid) >= rollout->percent) {
        return OFFER_OUTSIDE_RING;
    }
    if (rollout->rate_per_minute > 0 && input->offered_count >= rollout->rate_per_minute) {
        return OFFER_RATE;
    }
    return OFFER_MADE;
}

static void take_state(const struct offer_input *input, enum target_state state, struct offer_output *out)
{
    const struct rollout_record *rollout = input->rollout;
    if (input->target == NULL || state == input->target->state) {
        return;
    }
    out->target = *input->target;
    out->target.state = state;
    out->target.changed_s = input->time_s;
    out->save_target = true;
    /* Failures that someone looked at before resuming do not count again. */
    out->halt = state == TARGET_FAILED && rollout->state == ROLLOUT_RUNNING &&
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
    if (is_running) {
        return;
    }
    if (is_later) {
        out->reason = OFFER_RUNS_LATER;
        return;
    }
    out->reason = state == TARGET_FAILED ? OFFER_FAILED : may_start(input, rollout->state);
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
        return "offered; the device has not reset since";
    case OFFER_RUNNING:
        return "the device runs it";
    case OFFER_RUNS_LATER:
        return "not offered: the device runs this sequence or a later one already";
    case OFFER_FAILED:
        return "not offered again: the device took the offer, reset and came back without it";
    case OFFER_PAUSED:
        return "not offered: the rollout is paused; 'sopris rollout resume' goes on";
    case OFFER_HALTED:
        return "not offered: too many devices failed and the rollout halted; 'sopris rollout resume' goes on";
    case OFFER_ABORTED:
        return "not offered: the rollout was aborted";
    case OFFER_OUTSIDE_RING:
        return "not offered: the device is outside the percentage; 'sopris rollout resume --percent' widens it";
    case OFFER_RATE:
        return "not offered yet: as many devices as the rate allows were offered it in the last minute";
    }
    ensure_failed(__FILE_NAME__, __LINE__);
}
