#include "device/monitor/allowance.h"

#include "device/hal/system.h"
#include "device/monitor/state.h"

struct error allowance_take(void)
{
    struct allowance *allowance = &monitor.allowance;
    uint32_t now_ms = hal_system_uptime_ms();
    uint32_t refill = (now_ms - allowance->refilled_ms) / ALLOWANCE_REFILL_MS;
    if (allowance->spent == 0) {
        allowance->refilled_ms = now_ms;
    } else if (refill > 0) {
        allowance->spent -= refill < allowance->spent ? refill : allowance->spent;
        allowance->refilled_ms += refill * ALLOWANCE_REFILL_MS;
    }
    if (allowance->spent >= ALLOWANCE_BURST) {
        return ERROR(MONITOR, RATE);
    }
    allowance->spent++;
    return ERROR_NONE;
}

void allowance_return(void)
{
    if (monitor.allowance.spent > 0) {
        monitor.allowance.spent--;
    }
}
