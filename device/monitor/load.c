#include "device/monitor/decision.h"
#include "device/monitor/line.h"
#include "device/monitor/load.h"
#include "device/monitor/record.h"
#include "device/monitor/state.h"

#include "base/ensure.h"
#include "device/hal/counter.h"
#include "device/hal/memory.h"
#include "device/hal/watchdog.h"

void load_print_refusal(enum component component, uint32_t slot_index, struct error error)
{
    line_component(component, 0, slot_index == 0 ? " slot a " : " slot b ", error);
}

/* "monitor: base a 7 1f2e3d4c" */
static void load_print_start(enum component component, uint32_t slot_index, const struct image_facts *facts)
{
    struct line line;
    line_begin(&line, "monitor: ");
    line_text(&line, component_name(component));
    line_text(&line, slot_index == 0 ? " a " : " b ");
    line_decimal(&line, facts->sequence);
    line_text(&line, " ");
    line_digest(&line, facts->digest.bytes);
    line_end(&line);
}

static void load_keep_facts(enum component component, const struct buffer *area, const struct image_facts *facts)
{
    ENSURE(monitor.measurement_count < COMPONENT_COUNT && monitor.loaded_count < COMPONENT_COUNT);
    monitor.measurements[monitor.measurement_count] = (struct measurement){
        .component = component,
        .sequence = facts->sequence,
        .digest = facts->digest,
        .authority = facts->authority,
    };
    monitor.measurement_count++;
    monitor.loaded[monitor.loaded_count] = (struct loaded_image){
        .image = span_of(area->data, facts->size_bytes),
        .digest = facts->digest,
    };
    monitor.loaded_count++;
}

/* The present slot has failed; what that means for an update on trial in it, trial_start says. */
static void load_change_slot(enum component component, uint32_t slot_index)
{
    struct boot_state *state = &monitor.record.state;
    state->active_slot[component] = (uint8_t)slot_index;
    state->attempt_count[component] = 0;
}

/* One slot: verified as copied, then its attempt made durable; only after that may the caller start it. */
static struct error load_slot(uint32_t slot_index, const struct image_policy *policy)
{
    enum component component = policy->component;
    struct boot_state *state = &monitor.record.state;
    struct buffer area = hal_memory_image_area(component);
    struct image_facts facts;
    hal_watchdog_feed();
    HARDENED_TRY(image_load(slot_index, policy, &area, &facts));
    image_require_loaded(&area);
    if (state->active_slot[component] != slot_index) {
        load_change_slot(component, slot_index);
        TRY(record_store());
    }
    TRY(boot_record_count_attempt(&monitor.record, component));
    load_keep_facts(component, &area, &facts);
    *(component == COMPONENT_BASE ? &monitor.base_generation : &monitor.app_generation) = facts.generation;
    load_print_start(component, slot_index, &facts);
    return ERROR_NONE;
}

/* Gives the active slot up if it was started the permitted number of times and never confirmed. */
static struct error load_review_attempts(enum component component)
{
    struct boot_state *state = &monitor.record.state;
    uint8_t active = state->active_slot[component] & 1;
    if (state->attempt_count[component] < BOOT_RECORD_ATTEMPT_COUNT_MAX) {
        return ERROR_NONE;
    }
    state->given_up[component] |= (uint8_t)(1u << active);
    load_change_slot(component, active ^ 1u);
    return record_store();
}

static struct error load_any_slot(const struct image_policy *policy)
{
    struct boot_state *state = &monitor.record.state;
    TRY(load_review_attempts(policy->component));
    uint32_t first = state->active_slot[policy->component] & 1;
    for (uint32_t turn = 0; turn < SLOT_COUNT; turn++) {
        uint32_t slot_index = first ^ turn;
        struct error error = ERROR(BOOT, ATTEMPTS);
        if ((state->given_up[policy->component] & (1u << slot_index)) == 0) {
            error = load_slot(slot_index, policy);
        }
        if (decision_is_none(error)) {
            return ERROR_NONE;
        }
        monitor.load_errors[policy->component] = error;
        load_print_refusal(policy->component, slot_index, error);
    }
    return ERROR(BOOT, NO_SLOT);
}

/* Slots that were given up get their attempts back when nothing else is left: a device whose power failed a few times
 * too early must not lose its base or its app for ever (threat T-07). */
static struct error load_first_good(const struct image_policy *policy)
{
    struct boot_state *state = &monitor.record.state;
    struct error error = load_any_slot(policy);
    if (error_is(error, ERROR_CODE_BOOT_NO_SLOT) && state->given_up[policy->component] != 0) {
        state->given_up[policy->component] = 0;
        state->attempt_count[policy->component] = 0;
        TRY(record_store());
        error = load_any_slot(policy);
    }
    return error;
}

static struct error load_policy_release(enum component component, struct image_policy *policy)
{
    uint32_t generation_min = 0;
    TRY(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &generation_min));
    *policy = (struct image_policy){
        .component = component,
        .keyset_kind = KEYSET_RELEASE,
        .root_digest = &monitor.handoff.fuses.maker_root_digest,
        .vendor = &monitor.handoff.fuses.vendor,
        .device_class = &monitor.handoff.fuses.device_class,
        .generation_min = generation_min,
        .keyset_verified = &monitor.handoff.release_keyset_digest,
    };
    return ERROR_NONE;
}

struct error load_policy(enum component component, struct image_policy *policy)
{
    if (component != COMPONENT_APP) {
        return load_policy_release(component, policy);
    }
    if (!monitor.claimed) {
        return ERROR(MONITOR, STATE);
    }
    const struct ownership *owner = &monitor.owner;
    *policy = (struct image_policy){
        .component = COMPONENT_APP,
        .keyset_kind = KEYSET_APP,
        .root_digest = &owner->voucher.owner_root_digest,
        .vendor = &monitor.handoff.fuses.vendor,
        .device_class = &monitor.handoff.fuses.device_class,
    };
    load_floor_app(owner, policy);
    return ERROR_NONE;
}

struct error load_base(void)
{
    struct image_policy policy;
    TRY(load_policy(COMPONENT_BASE, &policy));
    return load_first_good(&policy);
}

struct error load_app(void)
{
    struct image_policy policy;
    TRY(load_policy(COMPONENT_APP, &policy));
    HARDENED_TRY(keyset_verify_signature(monitor.owner.parts.app_keyset));
    struct sha256_digest keyset_digest = sha256_of(monitor.owner.parts.app_keyset);
    policy.keyset_verified = &keyset_digest;
    TRY(load_first_good(&policy));
    monitor.app_running = true;
    return ERROR_NONE;
}
