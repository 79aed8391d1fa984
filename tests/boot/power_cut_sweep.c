/* Power cuts over boot and record writes on the host board: each flash operation of each start is cut in each way
 * (before, torn twice, after), and the next start must boot with a record that has not gone back. T-07.
 *     power_cut_sweep [complete]
 * Without "complete" every 29th operation of a long write is cut. POWER_CUT_SWEEP=must-fail in the environment is for
 * the twin with a write order that does not survive: the sweep must find it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/abi/flash_map.h"
#include "device/boards/host/host_board.h"
#include "device/hal/memory.h"
#include "device/rom/rom.h"
#include "device/secure/boot_record.h"
#include "tests/boot/slot_builder.h"

#define START_COUNT 22
#define SAMPLE_STEP 29
#define SAMPLE_ALL_BELOW 6

static uint8_t seed[32] = {1};
static uint8_t image[600];
static uint8_t slot[SLOT_HEADER_SIZE_BYTES + sizeof(image)];
static uint8_t kept[FLASH_PROVISIONING_OFFSET];
static unsigned cut_count;
static unsigned failure_count;

static bool ok(struct error error)
{
    return error_is_none(error);
}

/* ROM, then what the monitor does with the record: confirm, and now and then ask for the next epoch. */
static void rom_program(void)
{
    rom_boot();
}

static void monitor_program(void)
{
    struct boot_record record;
    const struct handoff *handoff = hal_memory_handoff();
    if (!ok(boot_record_open(&record, handoff->secrets.record_key)) ||
        record.state.boot_count != handoff->boot_count) {
        failure_count++;
        return;
    }
    record.state.attempt_count[COMPONENT_MONITOR] = 0;
    record.state.epoch_requested = handoff->boot_count % 5 == 4 ? handoff->epoch + 1 : 0;
    if (!ok(boot_record_store(&record))) {
        failure_count++;
    }
}

/* One start; true if the power went. */
static bool start(bool cut, uint32_t operation, enum host_cut kind)
{
    seed[1]++;
    host_board_power_on(seed);
    if (cut) {
        host_board_cut_power(operation, kind);
    }
    enum host_event event = host_board_run(rom_program);
    if (event == HOST_EVENT_STARTED) {
        event = host_board_run(monitor_program);
    } else if (event != HOST_EVENT_POWER_CUT) {
        failure_count++;
    }
    return event == HOST_EVENT_POWER_CUT;
}

static void cut_and_start_again(uint32_t operation, enum host_cut kind, uint32_t boot_count, uint32_t epoch)
{
    memcpy(host_board_flash(), kept, sizeof(kept));
    cut_count += start(true, operation, kind) ? 1 : 0;
    (void)start(false, 0, HOST_CUT_BEFORE);
    const struct handoff *handoff = hal_memory_handoff();
    struct span console = host_board_console();
    bool lost = memmem(console.data, console.size, "rom: record", 11) != NULL && boot_count > 0;
    if (lost || handoff->boot_count <= boot_count || handoff->boot_count > boot_count + 2 || handoff->epoch < epoch) {
        failure_count++;
    }
}

static void sweep(bool complete)
{
    uint32_t boot_count = 0;
    uint32_t epoch = 0;
    for (uint32_t index = 0; index < START_COUNT; index++) {
        memcpy(kept, host_board_flash(), sizeof(kept));
        (void)start(false, 0, HOST_CUT_BEFORE);
        uint32_t operation_count = host_board_operation_count();
        for (uint32_t operation = 0; operation < operation_count;
             operation += complete || operation < SAMPLE_ALL_BELOW || operation + SAMPLE_STEP >= operation_count
                              ? 1
                              : SAMPLE_STEP) {
            for (int kind = 0; kind < HOST_CUT_COUNT; kind++) {
                cut_and_start_again(operation, (enum host_cut)kind, boot_count, epoch);
            }
        }
        memcpy(host_board_flash(), kept, sizeof(kept));
        (void)start(false, 0, HOST_CUT_BEFORE);
        boot_count = hal_memory_handoff()->boot_count;
        epoch = hal_memory_handoff()->epoch;
    }
}

static bool board_make(void)
{
    struct host_board_config config = {.console_fd = -1};
    struct writer out;
    memset(config.uds, 0x77, sizeof(config.uds));
    writer_init(&out, config.fuses, sizeof(config.fuses));
    slot_build_fuses(false, &out);
    if (!host_board_open(&config)) {
        return false;
    }
    struct slot_recipe recipe = SLOT_RECIPE_GOOD;
    writer_init(&out, slot, sizeof(slot));
    slot_build(&recipe, SPAN_OF(image), &out);
    memcpy(host_board_flash() + FLASH_MONITOR_A_OFFSET, slot, sizeof(slot));
    return true;
}

int main(int count, char **arguments)
{
    const char *mode = getenv("POWER_CUT_SWEEP");
    bool must_fail = mode != NULL && strcmp(mode, "must-fail") == 0;
    bool complete = count > 1 && strcmp(arguments[1], "complete") == 0;
    if (!board_make()) {
        return 1;
    }
    sweep(complete);
    printf("%u power cuts, %u failures%s\n", cut_count, failure_count, must_fail ? " (some are expected)" : "");
    return (failure_count != 0) == must_fail && cut_count > 0 ? 0 : 1;
}
