/* Secure CMSDK watchdog: it counts down twice, first to an NMI, then to the reset; each time half of the time-out. */
#include "device/hal/watchdog.h"

#include "device/abi/memory_map.h"
#include "device/boards/mps3-an524/registers.h"

#define WATCHDOG_LOAD 0x00u
#define WATCHDOG_CONTROL 0x08u
#define WATCHDOG_CLEAR 0x0Cu
#define WATCHDOG_LOCK 0xC00u
#define WATCHDOG_UNLOCK_KEY 0x1ACCE551u
#define WATCHDOG_LOCKED 1u
#define WATCHDOG_CONTROL_INTERRUPT_AND_RESET 3u
#define WATCHDOG_TICKS_PER_MS 32000u

void hal_watchdog_arm(uint32_t timeout_ms)
{
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_LOCK) = WATCHDOG_UNLOCK_KEY;
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_LOAD) = timeout_ms / 2u * WATCHDOG_TICKS_PER_MS;
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_CONTROL) = WATCHDOG_CONTROL_INTERRUPT_AND_RESET;
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_LOCK) = WATCHDOG_LOCKED;
}

void hal_watchdog_feed(void)
{
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_LOCK) = WATCHDOG_UNLOCK_KEY;
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_CLEAR) = 1u;
    *register_at(MEMORY_WATCHDOG_BASE, WATCHDOG_LOCK) = WATCHDOG_LOCKED;
}
