#include "device/kernel/system.h"

#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/kernel/board.h"
#include "device/kernel/compartment.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/system_table.h"

#include <string.h>

#define BASE_AREA_BASE (MEMORY_BASE_IMAGE_BASE + MEMORY_KERNEL_IMAGE_SIZE)
#define BASE_AREA_SIZE (MEMORY_BASE_IMAGE_SIZE - MEMORY_KERNEL_IMAGE_SIZE)

/* What an app may ask of the monitor. The rest speaks for the device (evidence, signatures, answers, claims) or stops it
 * (reset), and is base's alone, whatever an owner's table declares. */
#define APP_MONITOR_CALLS                                                                                   \
    (1u << MONITOR_CALL_IDENTITY | 1u << MONITOR_CALL_RANDOM | 1u << MONITOR_CALL_STORE |                   \
     1u << MONITOR_CALL_LOAD | 1u << MONITOR_CALL_TIME)

static uint32_t present;
/* Of base and app, in the images: nobody but the kernel can write there. */
static struct span endpoints[2];

static struct error start(struct span image, const struct system_limits *limits)
{
    static struct system_compartment entries[SYSTEM_COMPARTMENT_COUNT_MAX];
    uint32_t before = present;
    TRY(system_table_read(image, limits, entries, &present, &endpoints[limits->number_first == 0 ? 0 : 1]));
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        if ((present & ~before & (1u << number)) != 0) {
            compartment_open(number, &entries[number]);
        }
    }
    return ERROR_NONE;
}

struct error system_start_base(void)
{
    const struct system_limits limits = {
        .code = {BASE_AREA_BASE, BASE_AREA_SIZE},
        .ram = {MEMORY_BASE_RAM_BASE + MEMORY_KERNEL_RAM_SIZE, MEMORY_BASE_RAM_SIZE - MEMORY_KERNEL_RAM_SIZE},
        .number_first = 0,
        .number_count = SYSTEM_APP_FIRST,
        .peripherals = board_peripherals,
        .peripheral_count = board_peripheral_count,
        .monitor_calls = UINT32_MAX,
        .share_permille = SYSTEM_SHARE_BASE_PERMILLE,
        .interrupt = MEMORY_ETHERNET_IRQ,
    };
    return start(span_of((const void *)BASE_AREA_BASE, BASE_AREA_SIZE), &limits);
}

bool system_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    for (size_t image = 0; image < sizeof endpoints / sizeof endpoints[0]; image++) {
        uint32_t count = (uint32_t)(endpoints[image].size / sizeof *endpoint);
        if (index < count) {
            memcpy(endpoint, endpoints[image].data + index * sizeof *endpoint, sizeof *endpoint);
            return true;
        }
        index -= count;
    }
    return false;
}

void system_start_app(void)
{
    /* The network hardware is base's alone: what an app may reach there, net decides. */
    const struct system_limits limits = {
        .code = {MEMORY_APP_IMAGE_BASE, MEMORY_APP_IMAGE_SIZE},
        .ram = {MEMORY_APP_RAM_BASE, MEMORY_APP_RAM_SIZE},
        .number_first = SYSTEM_APP_FIRST,
        .number_count = SYSTEM_COMPARTMENT_COUNT_MAX - SYSTEM_APP_FIRST,
        .peripherals = board_peripherals,
        .peripheral_count = board_app_peripheral_count,
        .monitor_calls = APP_MONITOR_CALLS,
        .share_permille = SYSTEM_SHARE_APP_PERMILLE,
        .interrupt = SYSTEM_NO_INTERRUPT,
    };
    struct error error = start(span_of((const void *)MEMORY_APP_IMAGE_BASE, MEMORY_APP_IMAGE_SIZE), &limits);
    if (!error_is_none(error)) {
        struct compartment_fault fault = {.cause = error.code};
        monitor_queue_fault(SYSTEM_APP_FIRST, FAULT_RECORD_STOPPED, &fault);
    }
}
