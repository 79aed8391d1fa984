/* Who may call the monitor. The non-secure MPU cannot keep an unprivileged compartment away from the veneer, because an
 * instruction fetch is checked by the MPU of the address's own world; so the gate looks itself. */
#include "base/error.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"

static uint8_t busy;

uint32_t gate_enter(void)
{
    uint32_t exception, control;
    /* A handler would run the call at its own priority, above the kernel's scheduler (threat T-09). */
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    if (exception != 0) {
        monitor_count_fault(FAULT_GATE_MODE);
        return ERROR_CODE_MONITOR_MODE;
    }
    /* A compartment would have the kernel's rights (threat T-09). */
    __asm volatile("mrs %0, control_ns" : "=r"(control));
    if ((control & CONTROL_UNPRIVILEGED) != 0) {
        monitor_count_fault(FAULT_GATE_PRIVILEGE);
        fault_pend_nonsecure(); /* the kernel stops the compartment as soon as it is out again */
        return ERROR_CODE_MONITOR_PRIVILEGE;
    }
    /* A call is pre-emptible: a second one would share its buffers and its stack (threat T-09). */
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0) {
        monitor_count_fault(FAULT_GATE_BUSY);
        return ERROR_CODE_MONITOR_BUSY;
    }
    return ERROR_CODE_NONE;
}

void gate_leave(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}
