/* What handlers call: the regular tick and the count of faults. */
#include "device/hal/watchdog.h"
#include "device/monitor/monitor.h"
#include "device/monitor/rehash.h"
#include "device/monitor/state.h"

void monitor_tick(void)
{
    /* Before monitor_start is through, nothing was verified that would deserve another watchdog period. */
    if (monitor.started) {
        hal_watchdog_feed();
        rehash_step();
    }
}

void monitor_count_fault(enum fault_kind kind)
{
    if ((unsigned int)kind > FAULT_KIND_COUNT) {
        return;
    }
    /* Stays at the highest number instead of starting over. Atomic: a handler may interrupt the gate that counts. */
    uint32_t count = __atomic_load_n(&monitor.fault_counts[kind], __ATOMIC_RELAXED);
    while (count != UINT32_MAX && !__atomic_compare_exchange_n(&monitor.fault_counts[kind], &count, count + 1, false,
                                                               __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}
