#include "device/monitor/trial.h"

#include "device/hal/system.h"
#include "device/monitor/line.h"
#include "device/monitor/record.h"

static struct update_outcome *outcome_of(enum component component)
{
    return &monitor.memory.outcomes[component];
}

static uint8_t bit_of(enum component component)
{
    return (uint8_t)(1u << component);
}

static bool is_turned(enum component component)
{
    return (monitor.memory.trial_turned & bit_of(component)) != 0;
}

void trial_begin(enum component component, uint32_t slot_index, uint32_t sequence)
{
    *outcome_of(component) = (struct update_outcome){
        .sequence = sequence, .state = UPDATE_STATE_TRIAL, .slot = (uint8_t)slot_index};
    monitor.memory.trial_turned &= (uint8_t)~bit_of(component);
    monitor.memory.trial_hours = 0;
    monitor.memory.trial_rounds = 0;
}

bool trial_is_open(enum component component)
{
    return outcome_of(component)->state == UPDATE_STATE_TRIAL;
}

/* "monitor: base 7 failed its trial 0x0b02" */
static void trial_fail(enum component component, struct error error)
{
    struct update_outcome *outcome = outcome_of(component);
    outcome->state = UPDATE_STATE_FAILED;
    outcome->code = (uint16_t)error.code;
    monitor.memory.trial_turned &= (uint8_t)~bit_of(component);
    line_component(component, outcome->sequence, " failed its trial ", error);
}

static struct error passed_over(enum component component)
{
    struct error error = monitor.load_errors[component];
    return error.code == 0 ? ERROR(BOOT, ATTEMPTS) : error;
}

void trial_end(enum component component)
{
    if (trial_is_open(component)) {
        trial_fail(component, passed_over(component));
    }
}

/* What runs may be another slot than the record had named. True if there is something to store. */
static bool trial_review(enum component component)
{
    const struct update_outcome *outcome = outcome_of(component);
    bool runs = monitor.record.state.active_slot[component] == outcome->slot;
    if (!trial_is_open(component) || runs != is_turned(component)) {
        return false;
    }
    if (runs) {
        /* The version before it does not start any more: its turn is over. */
        monitor.memory.trial_turned &= (uint8_t)~bit_of(component);
    } else {
        trial_fail(component, passed_over(component));
    }
    return true;
}

/* Each open trial goes to its other slot. */
static struct error trial_turn(void)
{
    struct boot_state *state = &monitor.record.state;
    for (enum component component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        if (trial_is_open(component)) {
            monitor.memory.trial_turned ^= bit_of(component);
            state->active_slot[component] = outcome_of(component)->slot ^ (is_turned(component) ? 1u : 0u);
            state->attempt_count[component] = 0;
        }
    }
    monitor.memory.trial_hours = 0;
    return record_store();
}

static bool any_is_open(void)
{
    return trial_is_open(COMPONENT_MONITOR) || trial_is_open(COMPONENT_BASE) || trial_is_open(COMPONENT_APP);
}

static bool any_waits(void)
{
    for (enum component component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        if (trial_is_open(component) &&
            monitor.record.state.active_slot[component] != monitor.running_slot[component]) {
            return true;
        }
    }
    return false;
}

static struct error trial_count(void)
{
    if (++monitor.memory.trial_hours <= TRIAL_HOURS) {
        return record_store();
    }
    struct line line;
    line_begin(&line, "monitor: no contact, tries the other version");
    line_end(&line);
    TRY(trial_turn());
    hal_system_reset();
}

struct error trial_start(void)
{
    bool changed = false;
    for (enum component component = COMPONENT_MONITOR; component <= COMPONENT_COUNT; component++) {
        changed = trial_review(component) || changed;
    }
    if (any_is_open()) {
        return trial_count();
    }
    return changed ? record_store() : ERROR_NONE;
}

/* There is contact, and the version before it runs: the update gets another turn, or had its last. */
static bool trial_contact_of_other(enum component component)
{
    struct boot_state *state = &monitor.record.state;
    if (++monitor.memory.trial_rounds >= TRIAL_ROUNDS) {
        trial_fail(component, ERROR(BOOT, CONTACT));
    } else {
        monitor.memory.trial_turned &= (uint8_t)~bit_of(component);
        state->active_slot[component] = outcome_of(component)->slot;
    }
    monitor.memory.trial_hours = 0;
    return true;
}

bool trial_confirm(enum component component)
{
    if (!trial_is_open(component) || !monitor.ticket.accepted) {
        return false;
    }
    if (is_turned(component)) {
        return trial_contact_of_other(component);
    }
    outcome_of(component)->state = UPDATE_STATE_CONFIRMED;
    return true;
}

struct error trial_hour(void)
{
    if (!any_is_open()) {
        return ERROR_NONE;
    }
    if (any_waits()) {
        /* Installed, or given its turn back, and nobody has asked for the reset. */
        hal_system_reset();
    }
    return trial_count();
}
