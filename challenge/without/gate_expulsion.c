/* Without the expulsion of unprivileged callers (T-10): the gate refuses them, and they go on. Alone it lets the attack on
 * the LIFO rule try its luck millions of times instead of once a start. */
#include "base/error.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/monitor.h"

#define CONTROL_UNPRIVILEGED 1u

static uint8_t busy;

uint32_t gate_enter(void)
{
    uint32_t exception, control;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    if (exception != 0) {
        return ERROR_CODE_MONITOR_MODE;
    }
    __asm volatile("mrs %0, control_ns" : "=r"(control));
    if ((control & CONTROL_UNPRIVILEGED) != 0) {
        monitor_count_fault(FAULT_GATE_PRIVILEGE);
        return ERROR_CODE_MONITOR_PRIVILEGE;
    }
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0) {
        return ERROR_CODE_MONITOR_BUSY;
    }
    return ERROR_CODE_NONE;
}

void gate_leave(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}
