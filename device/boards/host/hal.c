/* The small bodies of hal/ on the host board: console, clock, watchdog, secrets, fuses, memory, system. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/secret.h"
#include "device/abi/memory_map.h"
#include "device/boards/host/board_state.h"
#include "device/hal/console.h"
#include "device/hal/fuses.h"
#include "device/hal/memory.h"
#include "device/hal/secrets.h"
#include "device/hal/system.h"
#include "device/hal/watchdog.h"

#define CONSOLE_SIZE_BYTES_MAX 65536
#define TYPED_WAIT_US 10000
#define RAM_UNDEFINED 0xA5

static uint8_t console[CONSOLE_SIZE_BYTES_MAX];
static size_t console_size_bytes;
static struct span typed;

static struct hal_secrets injected;

static uint32_t clock_ms;
static struct timespec clock_start;
static bool watchdog_armed;
static uint32_t watchdog_timeout_ms;
static uint32_t watchdog_fed_ms;

static uint8_t monitor_image[MEMORY_MONITOR_IMAGE_SIZE];
static uint8_t base_image[MEMORY_BASE_IMAGE_SIZE];
static uint8_t app_image[MEMORY_APP_IMAGE_SIZE];
static struct handoff handoff;

void board_console_power_on(void)
{
    console_size_bytes = 0;
    typed = SPAN_EMPTY;
}

void hal_console_init(void)
{
}

void hal_console_write(struct span text)
{
    if (text.size <= sizeof(console) - console_size_bytes) {
        memcpy(console + console_size_bytes, text.data, text.size);
        console_size_bytes += text.size;
    }
    if (board_config()->console_fd >= 0 && write(board_config()->console_fd, text.data, text.size) < 0) {
        /* A closed terminal takes no line; the device goes on. */
        return;
    }
}

bool hal_console_read(uint8_t *byte)
{
    if (typed.size > 0) {
        *byte = typed.data[0];
        typed = span_of(typed.data + 1, typed.size - 1);
        return true;
    }
    if (board_config()->clock_is_real) {
        (void)usleep(TYPED_WAIT_US); /* nobody types to a process */
    }
    return false;
}

void host_board_type(struct span bytes)
{
    typed = bytes;
}

struct span host_board_console(void)
{
    return span_of(console, console_size_bytes);
}

void board_secrets_power_on(const uint8_t uds[32], const uint8_t seed[32])
{
    memcpy(injected.uds, uds, sizeof(injected.uds));
    memcpy(injected.seed, seed, sizeof(injected.seed));
}

struct error hal_secrets_take(struct hal_secrets *out)
{
    static const struct hal_secrets none;
    if (memcmp(injected.uds, none.uds, sizeof(none.uds)) == 0 ||
        memcmp(injected.seed, none.seed, sizeof(none.seed)) == 0) {
        return ERROR(BOOT, SECRETS);
    }
    *out = injected;
    secret_wipe(&injected, sizeof(injected));
    return ERROR_NONE;
}

struct span hal_fuses_read(void)
{
    return SPAN_OF(board_config()->fuses);
}

void board_clock_power_on(void)
{
    clock_ms = 0;
    watchdog_armed = false;
    (void)clock_gettime(CLOCK_MONOTONIC, &clock_start);
}

/* With a real clock two threads look at it and feed: one that was fed after this thread read the clock has time left. */
static void watchdog_check(uint32_t now_ms)
{
    if (watchdog_armed && (int32_t)(now_ms - watchdog_fed_ms) >= (int32_t)watchdog_timeout_ms) {
        watchdog_armed = false;
        board_end(HOST_EVENT_WATCHDOG);
    }
}

static uint32_t clock_read(void)
{
    if (board_config()->clock_is_real) {
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint32_t)((now.tv_sec - clock_start.tv_sec) * 1000 + (now.tv_nsec - clock_start.tv_nsec) / 1000000);
    }
    return clock_ms;
}

void host_board_clock_advance(uint32_t time_ms)
{
    clock_ms += time_ms;
    watchdog_check(clock_ms);
}

/* The virtual clock moves by being looked at, so that a loop that waits for it ends. */
uint32_t hal_system_uptime_ms(void)
{
    if (!board_config()->clock_is_real) {
        clock_ms++;
    }
    uint32_t now_ms = clock_read();
    watchdog_check(now_ms);
    return now_ms;
}

void hal_watchdog_arm(uint32_t timeout_ms)
{
    watchdog_armed = true;
    watchdog_timeout_ms = timeout_ms;
    watchdog_fed_ms = clock_read();
}

void hal_watchdog_feed(void)
{
    watchdog_fed_ms = clock_read();
}

void board_memory_power_on(void)
{
    memset(monitor_image, RAM_UNDEFINED, sizeof(monitor_image));
    memset(base_image, RAM_UNDEFINED, sizeof(base_image));
    memset(app_image, RAM_UNDEFINED, sizeof(app_image));
    memset(&handoff, RAM_UNDEFINED, sizeof(handoff));
}

struct buffer hal_memory_image_area(enum component component)
{
    switch (component) {
    case COMPONENT_MONITOR:
        return BUFFER_OF(monitor_image);
    case COMPONENT_BASE:
        return BUFFER_OF(base_image);
    case COMPONENT_APP:
        return BUFFER_OF(app_image);
    }
    ensure_failed(__FILE_NAME__, __LINE__);
}

struct handoff *hal_memory_handoff(void)
{
    return &handoff;
}

void hal_system_reset(void)
{
    board_end(HOST_EVENT_RESET);
}

void hal_system_start_monitor(uintptr_t image_base)
{
    ENSURE(image_base == (uintptr_t)monitor_image);
    board_end(HOST_EVENT_STARTED);
}
