#include "device/rom/rom.h"

#include <string.h>

#include "base/secret.h"
#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/abi/provisioning.h"
#include "device/hal/console.h"
#include "device/hal/counter.h"
#include "device/hal/flash.h"
#include "device/hal/fuses.h"
#include "device/hal/memory.h"
#include "device/hal/system.h"
#include "device/hal/watchdog.h"
#include "device/rom/rom_epoch.h"
#include "device/rom/rom_identity.h"
#include "device/rom/rom_print.h"
#include "device/rom/rom_slots.h"
#include "device/secure/derive.h"
#include "device/secure/hardened_try.h"

/* For the ROM's own work, and again from the jump until the monitor feeds it for the first time. */
#define WATCHDOG_TIMEOUT_MS 3000

static struct rom_state rom_state;

void rom_record_key(const struct rom_state *state, uint32_t epoch, uint8_t out[32])
{
    uint8_t context[4];
    struct writer writer;
    writer_init(&writer, context, sizeof(context));
    writer_u32(&writer, epoch);
    derive_key(SPAN_OF(state->secrets.uds), DERIVE_LABEL_RECORD, writer_span(&writer), out);
}

static struct error device_read(struct rom_state *state)
{
    TRY(hal_secrets_take(&state->secrets));
    TRY(fuses_parse(hal_fuses_read(), &state->fuses));
    state->fuses_digest = sha256_of(hal_fuses_read());
    TRY(hal_counter_read(HAL_COUNTER_EPOCH, &state->epoch));
    /* A floor that was not read, because an instruction was skipped, is one that nothing reaches. */
    state->generation_min = UINT32_MAX;
    return hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &state->generation_min);
}

static struct error record_open(struct rom_state *state)
{
    uint8_t key[32];
    rom_record_key(state, state->epoch, key);
    struct error error = boot_record_open(&state->record, key);
    secret_wipe(key, sizeof(key));
    if (error_is(error, ERROR_CODE_BOOT_RECORD)) {
        rom_print_start("record");
        rom_print_code(error);
        rom_print_end();
        error = ERROR_NONE;
    }
    TRY(error);
    return boot_record_count_boot(&state->record);
}

/* Never above what the key set of the monitor that is about to run says, which the maker has signed: whoever owns the
 * monitor cannot use the counter up (threat T-05). */
static void generation_raise(const struct rom_state *state)
{
    uint32_t requested = state->record.state.generation_requested;
    if (requested <= state->facts.generation) {
        /* Refuses what is not higher. A counter that is full keeps its floor; that is no reason not to boot. */
        (void)hal_counter_raise(HAL_COUNTER_RELEASE_GENERATION, requested).code;
    }
}

static void receipts_read(struct rom_state *state)
{
    derive_key(SPAN_OF(state->secrets.uds), DERIVE_LABEL_RECEIPT, SPAN_EMPTY, state->receipt_key);
    for (uint32_t index = 0; index < SLOT_COUNT; index++) {
        struct error error =
            rom_receipt_read(index, state->receipt_key, &state->fuses_digest, &state->receipts[index]);
        state->receipt_known[index] = error_is_none(error);
    }
}

/* For the factory, which certifies this key and writes the certificate to the empty region. */
static struct error device_id_print(const struct rom_state *state)
{
    uint8_t start[4];
    TRY(hal_flash_read(FLASH_PROVISIONING_OFFSET, start, sizeof(start)));
    if (provisioning_is_empty(SPAN_OF(start))) {
        rom_print_start("device-id ");
        rom_print_hex(SPAN_OF(rom_identity_device_id(state)->bytes));
        rom_print_end();
    }
    return ERROR_NONE;
}

static void monitor_print(const struct rom_state *state)
{
    rom_print_start(state->slot_index == 0 ? "monitor a " : "monitor b ");
    rom_print_decimal(state->facts.sequence);
    rom_print_text(" ");
    rom_print_hex(span_of(state->facts.digest.bytes, 4));
    rom_print_end();
}

static struct error rom_run(struct rom_state *state)
{
    TRY(device_read(state));
    TRY(record_open(state));
    TRY(rom_epoch_step(state));
    rom_print_start("boot ");
    rom_print_decimal(state->record.state.boot_count);
    rom_print_text(" epoch ");
    rom_print_decimal(state->epoch);
    rom_print_end();
    receipts_read(state);
    HARDENED_TRY(rom_slots_load(state));
    generation_raise(state);
    TRY(rom_identity_derive(state, hal_memory_handoff()));
    TRY(device_id_print(state));
    monitor_print(state);
    return boot_record_count_attempt(&state->record, COMPONENT_MONITOR);
}

__attribute__((noreturn)) static void rom_halt(struct error error)
{
    secret_wipe(hal_memory_handoff(), sizeof(struct handoff));
    rom_print_start("halt");
    rom_print_code(error);
    rom_print_end();
    for (;;) {
        /* Until the watchdog resets. */
        (void)hal_system_uptime_ms();
    }
}

void rom_boot(void)
{
    hal_watchdog_arm(WATCHDOG_TIMEOUT_MS);
    hal_console_init();
    memset(&rom_state, 0, sizeof(rom_state));
    struct error error = rom_run(&rom_state);
    struct error second = hardened_copy(error);
    secret_wipe(&rom_state, sizeof(rom_state));
    if (!error_is_none(error)) {
        rom_halt(error);
    }
    /* Resists a skip of the branch above. */
    hardened_require_none(second);
    hal_watchdog_feed();
    hal_system_start_monitor((uintptr_t)hal_memory_image_area(COMPONENT_MONITOR).data);
}
