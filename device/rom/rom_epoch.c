#include "device/rom/rom_epoch.h"

#include "base/secret.h"
#include "device/hal/counter.h"

struct error rom_epoch_step(struct rom_state *state)
{
    if (state->record.state.epoch_requested != state->epoch + 1) {
        return ERROR_NONE;
    }
    state->record.state.epoch_requested = 0;
    uint8_t key[32];
    rom_record_key(state, state->epoch + 1, key);
    struct error error = boot_record_store_next_epoch(&state->record, key);
    secret_wipe(key, sizeof(key));
    TRY(error);
    TRY(hal_counter_raise(HAL_COUNTER_EPOCH, state->epoch + 1));
    state->epoch++;
    return ERROR_NONE;
}
