#include "device/rom/rom_slots.h"

#include "device/hal/memory.h"
#include "device/rom/rom_print.h"
#include "device/secure/hardened_try.h"

/* A key set that either slot's receipt knows need not be verified again: an update under a known key set costs one
 * verification, not two. */
static const struct sha256_digest *keyset_known(const struct rom_state *state, uint32_t slot_index)
{
    struct sha256_digest digest;
    if (!error_is_none(image_keyset_digest(slot_index, COMPONENT_MONITOR, &digest))) {
        return NULL;
    }
    for (size_t index = 0; index < SLOT_COUNT; index++) {
        const struct sha256_digest *known = &state->receipts[index].basis.keyset_digest;
        if (state->receipt_known[index] && span_equal(SPAN_OF(digest.bytes), SPAN_OF(known->bytes))) {
            return known;
        }
    }
    return NULL;
}

static struct error slot_load(struct rom_state *state, uint32_t slot_index)
{
    struct image_policy policy = {
        .component = COMPONENT_MONITOR,
        .keyset_kind = KEYSET_RELEASE,
        .root_digest = &state->fuses.maker_root_digest,
        .vendor = &state->fuses.vendor,
        .device_class = &state->fuses.device_class,
        .generation_min = state->generation_min,
        .sequence_min = 0, /* the key set carries the floor */
        .keyset_verified = keyset_known(state, slot_index),
        .manifest_verified =
            state->receipt_known[slot_index] ? &state->receipts[slot_index].basis.manifest_digest : NULL,
    };
    struct buffer area = hal_memory_image_area(COMPONENT_MONITOR);
    HARDENED_TRY(image_load(slot_index, &policy, &area, &state->facts));
    image_require_loaded(&area);
    return ERROR_NONE;
}

static bool is_given_up(const struct boot_state *record, uint32_t slot_index)
{
    return (record->given_up[COMPONENT_MONITOR] >> slot_index & 1u) != 0;
}

static void refusal_print(uint32_t slot_index, struct error error)
{
    rom_print_start(slot_index == 0 ? "slot a" : "slot b");
    rom_print_code(error);
    rom_print_end();
}

static struct error slot_try(struct rom_state *state, uint32_t slot_index)
{
    if (is_given_up(&state->record.state, slot_index)) {
        return ERROR(BOOT, ATTEMPTS);
    }
    HARDENED_TRY(slot_load(state, slot_index));
    return ERROR_NONE;
}

/* The active slot has had its attempts and never confirmed (threat T-16). */
static void attempts_check(struct boot_state *record)
{
    if (record->attempt_count[COMPONENT_MONITOR] >= BOOT_RECORD_ATTEMPT_COUNT_MAX) {
        record->given_up[COMPONENT_MONITOR] |= (uint8_t)(1u << record->active_slot[COMPONENT_MONITOR]);
    }
}

/* The active slot first; facts and slot_index of the one that may run. */
static struct error slots_try(struct rom_state *state, uint32_t active)
{
    struct error error = ERROR(BOOT, NO_SLOT);
    for (uint32_t turn = 0; turn < SLOT_COUNT; turn++) {
        uint32_t slot_index = active ^ turn;
        error = slot_try(state, slot_index);
        state->slot_errors[slot_index] = error.code;
        if (error_is_none(error)) {
            state->slot_index = slot_index;
            break;
        }
        refusal_print(slot_index, error);
    }
    return error;
}

struct error rom_slots_load(struct rom_state *state)
{
    struct boot_state *record = &state->record.state;
    uint32_t active = record->active_slot[COMPONENT_MONITOR];
    attempts_check(record);
    for (uint32_t slot_index = 0; slot_index < SLOT_COUNT; slot_index++) {
        state->slot_errors[slot_index] = ERROR_CODE_NONE;
    }
    struct error error = slots_try(state, active);
    if (!error_is_none(error) && record->given_up[COMPONENT_MONITOR] != 0) {
        /* Nothing else is left: slots that were given up get their attempts back, now. A device whose power failed a few
         * times too early must neither be dead nor lose a boot (threat T-07). */
        record->given_up[COMPONENT_MONITOR] = 0;
        record->attempt_count[COMPONENT_MONITOR] = 0;
        TRY(boot_record_store(&state->record));
        error = slots_try(state, active);
    }
    struct error second = hardened_copy(error);
    if (!error_is_none(error)) {
        return ERROR(BOOT, NO_SLOT);
    }
    /* Resists a skip of the branches above. */
    hardened_require_none(second);
    if (state->slot_index != active) {
        record->active_slot[COMPONENT_MONITOR] = (uint8_t)state->slot_index;
        record->attempt_count[COMPONENT_MONITOR] = 0;
        return boot_record_store(&state->record);
    }
    return ERROR_NONE;
}
