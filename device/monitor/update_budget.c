#include "device/monitor/update_budget.h"

#include "device/hal/system.h"
#include "device/monitor/record.h"
#include "device/monitor/state.h"

/* 86,400 seconds a day as a shift and a division that fits 32 bits. */
#define DAY_SHIFT 7
#define DAY_REST 675u

_Static_assert((DAY_REST << DAY_SHIFT) == 86400, "a day");

struct error update_budget_take(void)
{
    const struct ticket *ticket = &monitor.ticket;
    struct monitor_memory *memory = &monitor.memory;
    if (ticket->time_known) {
        uint32_t passed_s = (hal_system_uptime_ms() - ticket->time_at_ms) / 1000;
        uint32_t day = (uint32_t)((ticket->time_s + passed_s) >> DAY_SHIFT) / DAY_REST;
        if (day > memory->update_day) {
            memory->update_day = day;
            memory->update_count = 0;
        }
    }
    if (memory->update_count >= UPDATE_BUDGET_PER_DAY) {
        return ERROR(MONITOR, WEAR);
    }
    memory->update_count++;
    return record_store();
}
