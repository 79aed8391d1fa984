/* A whole device as one Linux process: ROM, monitor and the agent's logic, with the files of a board that
 * `sopris board new` made. It prints the same console lines as the emulated board. Each reset starts the program anew,
 * as the launcher of the emulated board starts the emulator anew.
 *     sopris-host-board FOLDER [SERVICE_PORT]      FOLDER has uds.bin, fuses.bin and flash.img
 * With SERVICE_PORT the device finds the service at that port of 127.0.0.1, whatever its voucher says. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/secret.h"
#include "device/abi/memory_map.h"
#include "device/boards/host/host_board.h"
#include "device/boards/host/net_client_host.h"
#include "device/boards/host/runtime_host.h"
#include "device/hal/memory.h"
#include "device/hal/system.h"
#include "device/monitor/monitor.h"
#include "device/monitor/rescue.h"
#include "device/rom/rom.h"
#include "device/runtime/runtime.h"

#define TICK_MS 100
/* A board that resets at once again and again gives its machine time to breathe. */
#define RESTART_PAUSE_US 100000

static char **own_arguments;

static bool read_exactly(const char *folder, const char *name, uint8_t *out, size_t size_bytes)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
        return false;
    }
    FILE *file = fopen(path, "rb");
    bool done = file != NULL && fread(out, 1, size_bytes, file) == size_bytes && fgetc(file) == EOF;
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!done) {
        fprintf(stderr, "sopris-host-board: %s is missing or not %zu bytes long; make the board with "
                        "'sopris board new'\n", path, size_bytes);
    }
    return done;
}

/* Every end of a run, in whatever thread, is a reset: the program starts anew with clean memory. */
static void restart(enum host_event event)
{
    if (event == HOST_EVENT_WATCHDOG) {
        fprintf(stderr, "host board: watchdog\n");
    }
    (void)usleep(RESTART_PAUSE_US);
    (void)execv("/proc/self/exe", own_arguments);
    perror("sopris-host-board: cannot start anew");
    _exit(EXIT_FAILURE);
}

static void *run_ticks(void *unused)
{
    (void)unused;
    for (;;) {
        (void)usleep(TICK_MS * 1000);
        runtime_host_tick();
    }
    return NULL;
}

static uint32_t word_of_base(size_t index)
{
    const uint8_t *bytes = hal_memory_image_area(COMPONENT_BASE).data + index * sizeof(uint32_t);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Base's code is not executed here. One whose vector table leads out of it, though, would fault at its first instruction
 * on a processor, which resets the board. */
static bool base_starts(void)
{
    uint32_t entry = word_of_base(1);
    return (entry & 1u) != 0 && entry - MEMORY_BASE_IMAGE_BASE < MEMORY_BASE_IMAGE_SIZE;
}

static void run_device(void)
{
    struct error error = monitor_start();
    if (error_is(error, ERROR_CODE_BOOT_NO_SLOT)) {
        rescue_run();
    }
    if (!error_is_none(error)) {
        hal_system_reset();
    }
    if (!base_starts()) {
        fprintf(stderr, "host board: base faults at its first instruction\n");
        hal_system_reset();
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_ticks, NULL) != 0) {
        perror("sopris-host-board: no thread");
        _exit(EXIT_FAILURE);
    }
    host_board_on_event(restart);
    compartment_main();
}

static bool power_on(const char *folder)
{
    static struct host_board_config config = {
        .flash_offset_bytes = MEMORY_FLASH_FILE_OFFSET, .console_fd = STDOUT_FILENO, .clock_is_real = true};
    static char flash_path[4096];
    uint8_t seed[32];
    if (!read_exactly(folder, "uds.bin", config.uds, sizeof(config.uds)) ||
        !read_exactly(folder, "fuses.bin", config.fuses, sizeof(config.fuses)) ||
        snprintf(flash_path, sizeof(flash_path), "%s/flash.img", folder) >= (int)sizeof(flash_path) ||
        getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        return false;
    }
    config.flash_path = flash_path;
    if (!host_board_open(&config)) {
        return false;
    }
    host_board_power_on(seed);
    secret_wipe(seed, sizeof(seed));
    return true;
}

int main(int argument_count, char **arguments)
{
    own_arguments = arguments;
    if (argument_count < 2 || argument_count > 3) {
        fprintf(stderr, "usage: sopris-host-board FOLDER [SERVICE_PORT]\n");
        return 2;
    }
    if (argument_count == 3) {
        net_client_host_redirect((uint16_t)strtoul(arguments[2], NULL, 10));
    }
    if (!power_on(arguments[1])) {
        return EXIT_FAILURE;
    }
    enum host_event event = host_board_run(rom_boot);
    if (event == HOST_EVENT_STARTED) {
        event = host_board_run(run_device);
    }
    restart(event);
    return EXIT_FAILURE;
}
