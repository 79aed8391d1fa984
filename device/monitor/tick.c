/* What handlers call: the regular tick and the count of faults. */
#include "device/hal/system.h"
#include "device/hal/watchdog.h"
#include "device/monitor/line.h"
#include "device/monitor/monitor.h"
#include "device/monitor/rehash.h"
#include "device/monitor/slot_copy.h"
#include "device/monitor/state.h"
#include "device/monitor/trial.h"

#define MS_AN_HOUR 3600000u

/* Flash and record change here only while no call is under way, which the tick may have interrupted. A write that fails
 * is tried again with the next reason to write; there is nobody to tell. */
static void upkeep_step(void)
{
    uint32_t hour = hal_system_uptime_ms() / MS_AN_HOUR;
    struct error error = ERROR_NONE;
    if (hour > monitor.hour) {
        monitor.hour = hour;
        error = trial_hour();
    }
    if (error_is_none(error)) {
        slot_copy_step();
    }
}

/* The kernel's first act is a call. */
#define FIRST_CALL_MS_MAX 5000u

/* A base that never comes that far hangs or faults again and again, and would do so for ever: the reset spends an attempt
 * of its slot, and after the last one the other slot runs (threat T-16). */
static void expect_first_call(void)
{
    if (!monitor.called && hal_system_uptime_ms() - monitor.started_ms >= FIRST_CALL_MS_MAX) {
        struct line line;
        line_begin(&line, "monitor: base hangs");
        line_end(&line);
        hal_system_reset();
    }
}

void monitor_tick(void)
{
    /* Before monitor_start is through, nothing was verified that would deserve another watchdog period. */
    if (monitor.started) {
        expect_first_call();
        hal_watchdog_feed();
        rehash_step();
        if (!monitor.in_call) {
            upkeep_step();
        }
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
